"""Whether output frame i shows what input frame i shows.

Both are averaged to small thumbnails (`thumbnails`). Let d(k) be the mean squared difference between output i
and input k, and s the one between inputs i and k. If output i really shows input k, d(i) - d(k) is s; if it
shows input i, it is -s. A neighbour k is taken for the better match where the difference is above half of s,
unless s itself is so small that a viewer could not tell the two apart (a static scene).

Apart from order, a picture must resemble its input (PSNR of each channel), and over the whole clip its values
must be the input's: a linear map fitted from input to output values must be the identity. A range or matrix
that was converted while the tags stayed shows there in any content.

Measured on 18 clips with five resizing filters, x264 at crf 5 to 35, and bwdif: (d(i) - d(k)) / s stays below
0.1 and PSNR above 32 dB. A fault brings the first to 1, another picture the second below 20 dB.

Where an input is damaged, decoders make up what they show, each differently: from damage to the next key
frame nothing is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import av
import numpy as np

from ..colour import ColourTags, is_rgb
from .picture import is_grey
from .reading import Shown
from .report import Finding
from .survey import Picture
from .thumbnails import Thumbnail, grid_of, thumbnail_of
from .turn import Turn
from .values import LinearFit, rgb_from_yuv

STATIC = (0.3 / 255) ** 2  # mean square: a third of an 8-bit code
BETTER = 0.5
LEAST_PSNR = 25.0  # dB
LARGEST_GAIN_ERROR = 0.08  # full range taken for limited is 0.14 in luma
LARGEST_OFFSET = 3 / 255


@dataclass(frozen=True)
class _Pair:
    """Frame `index` of both files."""

    index: int
    ours: Thumbnail
    theirs: Thumbnail
    sound: bool


class Resemblance:
    """Takes the frames of both files in step and holds thumbnails of no more than three of them."""

    def __init__(self, ours: Picture, theirs: Picture, turn: Turn) -> None:
        self._lens = _Lens(ours, theirs)
        self._turn = turn
        self._before: Thumbnail | None = None
        self._pair: _Pair | None = None
        self._values = LinearFit()
        self._misplaced = {"before": Runs(), "after": Runs()}
        self._unlike = Runs()
        self._worst = float("inf")
        self._unturned = 0
        self.compared = 0

    def take(self, ours: Shown, theirs: Shown) -> None:
        """The frames of the same number of both files."""
        flat, turned, output = self._lens.pair(ours.frame, theirs.frame, self._turn)
        if flat.shape == output.shape:
            self._unturned += _difference(output, flat) < _difference(output, turned)
        if self._pair is not None:
            self._judge(self._pair, turned)
            self._before = self._pair.ours
        self._pair = _Pair(ours.index, turned, output, ours.sound)

    def findings(self) -> Iterator[Finding]:
        """What was found. Call it once, after the last frames."""
        if self._pair is not None:
            self._judge(self._pair, None)
        if self._unturned > self.compared / 2:
            yield Finding("rotation", "not turned, and no display matrix to turn it by; the input has one")
            return
        for where, frames in self._misplaced.items():
            if frames:
                yield Finding("frames.order", f"{frames} of the output: the input's frame {where} is shown")
        if self._unlike:
            yield Finding(
                "frames.resemblance",
                f"{self._unlike} of the output: another picture than the input's, PSNR down to "
                f"{self._worst:.1f} dB (at least {LEAST_PSNR:.0f} expected)",
            )
        else:
            yield from self._value_findings()

    def _judge(self, pair: _Pair, after: Thumbnail | None) -> None:
        if not pair.sound:
            return
        self.compared += 1
        neighbours = {"before": self._before, "after": after}
        better = [k for k, other in neighbours.items() if other is not None and _is_better(other, pair)]
        if better:
            self._misplaced[better[0]].add(pair.index)
            return
        psnr = _psnr(pair.ours, pair.theirs)
        self._worst = min(self._worst, psnr)
        if psnr < LEAST_PSNR:
            self._unlike.add(pair.index)
        self._values.take(pair.ours, pair.theirs)

    def _value_findings(self) -> Iterator[Finding]:
        fit = self._values.result()
        if fit is None:
            return
        gain, offset = fit
        if np.abs(gain - np.eye(len(gain))).max() > LARGEST_GAIN_ERROR or np.abs(offset).max() > LARGEST_OFFSET:
            yield Finding(
                "colour.values",
                f"from input to output, values have gain {gain.round(2).tolist()} (identity expected) and "
                f"means move by {(offset * 255).round(1).tolist()} codes of 8 bits (0 expected)",
            )


class _Lens:
    """Thumbnails of both files on the same grid and in the same channels."""

    def __init__(self, ours: Picture, theirs: Picture) -> None:
        self._grid = grid_of(ours.width, ours.height)
        self._grey = is_grey(ours) or is_grey(theirs)
        converted = is_rgb(ours.layout.name) != is_rgb(theirs.layout.name) and not self._grey
        self._sides = [(side, _yuv_tags(side) if converted else None) for side in (ours, theirs)]

    def pair(self, ours: av.VideoFrame, theirs: av.VideoFrame, turn: Turn) -> tuple[Thumbnail, Thumbnail, Thumbnail]:
        """The input's thumbnail as it is, the same turned, and the output's on the grid of the latter."""
        flat = self._seen(ours, *self._grid, side=0)
        turned = turn.apply(flat)
        output = self._seen(theirs, *turned.shape[1:], side=1)
        channels = min(len(flat), len(output))  # alpha may have been lost or added: another check
        return flat[:channels], turned[:channels], output[:channels]

    def _seen(self, frame: av.VideoFrame, rows: int, columns: int, *, side: int) -> Thumbnail:
        picture, tags = self._sides[side]
        if frame.format.name != picture.layout.name:  # changed on the way, as the size may
            frame = frame.reformat(format=picture.layout.name, threads=1)
        thumbnail = thumbnail_of(frame, rows, columns)
        if self._grey:
            return thumbnail[:1]
        return thumbnail if tags is None else rgb_from_yuv(thumbnail, tags)


def _yuv_tags(picture: Picture) -> ColourTags | None:
    if is_rgb(picture.layout.name):
        return None
    return picture.colour.decided(lines=picture.height, pix_fmt=picture.layout.name)


def _is_better(other: Thumbnail, pair: _Pair) -> bool:
    step = _difference(other, pair.ours)
    gained = _difference(pair.theirs, pair.ours) - _difference(pair.theirs, other)
    return step > STATIC and gained > BETTER * step and _psnr(other, pair.theirs) >= LEAST_PSNR


def _difference(a: Thumbnail, b: Thumbnail) -> float:
    return float(np.square(a - b).mean())


def _psnr(a: Thumbnail, b: Thumbnail) -> float:
    """Of the channel that differs most."""
    worst = float(np.square(a - b).mean(axis=(1, 2)).max())
    return -10 * float(np.log10(max(worst, 1e-12)))


class Runs:
    """Rising frame numbers, remembered as `frames 3, 7-12`: the first ten runs, however many there are."""

    def __init__(self) -> None:
        self._runs: list[tuple[int, int]] = []
        self._more = False

    def add(self, number: int) -> None:
        """A number above those before."""
        if self._runs and number == self._runs[-1][1] + 1:
            self._runs[-1] = self._runs[-1][0], number
        elif len(self._runs) < 10:
            self._runs.append((number, number))
        else:
            self._more = True

    def __bool__(self) -> bool:
        return bool(self._runs)

    def __str__(self) -> str:
        runs = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in self._runs)
        one = len(self._runs) == 1 and self._runs[0][0] == self._runs[0][1]
        return f"frame{'' if one else 's'} {runs}{' and more' if self._more else ''}"
