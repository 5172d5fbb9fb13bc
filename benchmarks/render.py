"""Clips rendered by the project: always at hand, the same in every run, and known in full resolution.

A scene is a wide still picture with what natural ones have, over which a camera pans and zooms: texture at all
scales, edges of things that hide each other, fine lines, lettering. Balls move through the view on their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ..training.imresize import cubic
from .lettering import Picture, blend, draw_text

Rgb = NDArray[np.uint8]
"""[H, W, 3] R G B."""


@dataclass(frozen=True)
class Clip:
    """What is rendered; all of it is in the name."""

    width: int = 640
    height: int = 360
    frames: int = 48
    rate: int = 25
    pan: float = 1.4  # pixels a frame, back and forth over half the width
    zoom: float = 0.15  # largest magnification beyond 1, reached and left again every 4 s
    grain: float = 0.0  # standard deviation of the noise added to each frame, in codes of 0..255
    seed: int = 1

    @property
    def name(self) -> str:
        """The parameters, as a file name without suffix."""
        return (
            f"rendered-{self.width}x{self.height}-{self.rate}fps-{self.frames}f-pan{self.pan:g}-zoom{self.zoom:g}"
            f"-grain{self.grain:g}-seed{self.seed}"
        )


def render(clip: Clip) -> Iterator[Rgb]:
    """The frames of `clip`, the same each time."""
    stage = _stage(clip)
    for number in range(clip.frames):
        picture = _view(stage, clip, number)
        for ball in _BALLS:
            ball.draw(picture, number / clip.rate)
        if clip.grain:
            noise = np.random.default_rng([clip.seed, number]).standard_normal(picture.shape, np.float32)
            picture += noise * (clip.grain / 255)
        yield np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def write_clip(
    path: Path, frames: Iterable[Rgb], rate: int, *, codec: str = "libx264", options: dict[str, str] | None = None
) -> Path:
    """Encode `frames`, at least one, as BT.709 studio-range 4:2:0; by default so that nobody sees a loss.

    Returns `path`.
    """
    pictures = map(video_frame, frames)
    first = next(pictures)
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=rate, options={"crf": "10"} if options is None else options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, first.format.name
        context = stream.codec_context
        context.colorspace, context.color_range = first.colorspace, first.color_range
        context.color_primaries, context.color_trc = first.color_primaries, first.color_trc
        for number, frame in enumerate(chain([first], pictures)):
            frame.pts, frame.time_base = number, Fraction(1, rate)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def video_frame(rgb: Rgb) -> av.VideoFrame:
    """A picture as BT.709 studio-range 4:2:0, tagged."""
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG, interpolation="BICUBIC"
    )
    frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
    frame.color_primaries, frame.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
    return frame


@dataclass(frozen=True)
class _Ball:
    """A ball with rings that swings through the view; lengths are shares of the view's height and width."""

    radius: float
    seconds: tuple[float, float]  # a swing takes, across and down
    colour: tuple[float, float, float]

    def draw(self, picture: Picture, time: float) -> None:
        height, width = picture.shape[:2]
        x, y = (
            side * (0.5 + 0.4 * np.sin(2 * np.pi * time / s + self.radius))
            for side, s in zip((width, height), self.seconds, strict=True)
        )
        rows, columns = np.ogrid[:height, :width]
        distance = np.hypot(rows - y, columns - x).astype(np.float32)
        radius = self.radius * height
        rings = 0.6 + 0.4 * np.cos(distance * (12 * np.pi / radius))[..., None]
        whole = (slice(None), slice(None))
        blend(picture, whole, np.clip(radius + 0.5 - distance, 0, 1), rings * np.array(self.colour, np.float32))


_BALLS = (_Ball(0.11, (7.0, 3.1), (0.9, 0.35, 0.2)), _Ball(0.06, (4.3, 5.9), (0.25, 0.6, 0.95)))


def _view(stage: Picture, clip: Clip, number: int) -> Picture:
    """What the camera sees of the stage in frame `number`."""
    height, width = stage.shape[:2]
    magnified = 1 + clip.zoom * (1 - np.cos(2 * np.pi * number / (4 * clip.rate))) / 2
    room = width - clip.width
    along = (number * clip.pan) % (2 * room) if room else 0.0
    centre_x = clip.width / 2 + min(along, 2 * room - along)
    rows = height / 2 - 0.5 + (np.arange(clip.height) + 0.5 - clip.height / 2) / magnified
    columns = centre_x - 0.5 + (np.arange(clip.width) + 0.5 - clip.width / 2) / magnified
    return _sampled(_sampled(stage, rows, 0), columns, 1)


def _sampled(picture: Picture, positions: NDArray[np.float64], axis: int) -> Picture:
    """One axis at fractional positions, by Keys' cubic; edges are repeated."""
    first = np.floor(positions).astype(np.int64) - 1
    shape = [-1 if i == axis else 1 for i in range(3)]
    parts = []
    for tap in range(4):
        weight = cubic(positions - (first + tap)).astype(np.float32).reshape(shape)
        parts.append(picture.take(first + tap, axis, mode="clip") * weight)
    return np.asarray(sum(parts[1:], parts[0]))


def _stage(clip: Clip) -> Picture:
    """The still picture, half as wide again as the view."""
    rng = np.random.default_rng(clip.seed)
    height, width = clip.height, clip.width + clip.width // 2
    light = 0.5 + 0.15 * _noise(rng, height, width, 1.2)
    tint = np.stack([0.05 * _noise(rng, height, width, 1.5) for _ in range(3)], axis=-1)
    stage = np.asarray(light[..., None] + tint, np.float32)
    _add_leaves(stage, rng)
    stage *= 1 + 0.08 * _noise(rng, height, width, 1.0)[..., None]
    _add_lines(stage)
    _add_boards(stage, rng)
    return np.clip(stage, 0, 1)


def _noise(rng: np.random.Generator, height: int, width: int, slope: float) -> NDArray[np.float32]:
    """[height, width] noise of mean 0 and deviation 1 whose amplitude falls with frequency to the power `slope`."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    frequency[0, 0] = np.inf  # no mean
    phases = np.exp(2j * np.pi * rng.random(frequency.shape))
    noise = np.fft.irfft2(phases / frequency**slope, (height, width))
    return np.asarray(noise / noise.std(), np.float32)


def _add_leaves(stage: Picture, rng: np.random.Generator) -> None:
    """Discs that hide each other, of all sizes: the dead-leaves model (Lee, Mumford and Huang, IJCV 41, 2001)."""
    height, width = stage.shape[:2]
    smallest, largest = 2.5, height / 4
    for _ in range(height * width // 160):
        share = rng.random()  # radii with density proportional to 1 / r^3
        radius = (smallest**-2 + share * (largest**-2 - smallest**-2)) ** -0.5
        y, x = rng.random() * height, rng.random() * width
        colour = 0.1 + 0.75 * rng.random() + 0.06 * rng.standard_normal(3)
        reach = int(radius) + 2
        box = (slice(max(0, int(y) - reach), int(y) + reach), slice(max(0, int(x) - reach), int(x) + reach))
        rows, columns = np.arange(height)[box[0], None], np.arange(width)[box[1]]
        distance = np.hypot(rows - y, columns - x).astype(np.float32)
        blend(stage, box, np.clip(radius + 0.5 - distance, 0, 1), colour.astype(np.float32))


def _add_lines(stage: Picture) -> None:
    """A fan of thin lines, ever closer to each other."""
    height, width = stage.shape[:2]
    rows, columns = np.mgrid[:height, : width // 4].astype(np.float32)
    box = (slice(None), slice(width // 3, width // 3 + width // 4))
    lines = np.cos((columns + 0.3 * rows) * np.pi / (3 + 5 * rows / height))
    blend(stage, box, np.clip(4 * lines - 2.8, 0, 1) * (rows > height * 0.7), np.array((0.95, 0.95, 0.9), np.float32))


def _add_boards(stage: Picture, rng: np.random.Generator) -> None:
    """Boards with lettering of several sizes, dark on light and light on dark."""
    height, width = stage.shape[:2]
    words = ("FRAMELIFT", "ORIGINAL ART", "BUILT TO ENLARGE", "FINE LETTERING")
    for number, size in enumerate((8, 11, 15, 22, 9, 13)):
        top, left = int((0.06 + 0.15 * number) * height), int(rng.random() * width * 0.8)
        text = words[number % len(words)]
        ink, paper = (0.1, 0.92) if number % 2 else (0.95, 0.12)
        stage[top : top + 2 * size, left : left + (len(text) + 1) * size] = paper
        draw_text(stage, text, left + size / 2, top + size / 2, size, (ink, ink, ink))
