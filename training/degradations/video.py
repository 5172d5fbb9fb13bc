"""What real video codecs do: a photograph becomes a short clip, is encoded and decoded, and one frame of it is kept.

The clip is the photograph seen through a window that moves (or does not), so that frames are predicted from each other
and inherit each other's errors, as in any video; a still picture alone would only show what key frames look like.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import av
import numpy as np
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from ..imresize import imresize
from .i420 import I420, i420_from_luma, i420_from_rgb, luma_from_i420, rgb_from_i420
from .picture import Picture, from_codes, to_codes

SMALLEST_H265 = 96
"""Pixels a side. x265 as PyAV 18.1 carries it reads memory it never wrote when a side is one block of 64 or less, so
that its result varies, and writes beyond its memory below about 56."""

_FRAME_TIME = Fraction(1, 25)
_DECODERS = {"libx264": "h264", "libx265": "hevc"}
_LIVE_PRESETS = ("ultrafast", "superfast", "veryfast")
_FILE_PRESETS = ("veryfast", "fast", "medium")


@dataclass(frozen=True)
class Encoding:
    """One generation: how a clip is encoded, in the encoder's own terms.

    `live` is what streams use: no B frames, no lookahead (tune zerolatency).
    """

    codec: Literal["libx264", "libx265"]
    crf: int
    preset: str = "veryfast"
    live: bool = True

    def options(self) -> dict[str, str]:
        """For the encoder: the same frames give the same bits.

        That takes one thread, and x264 without its macroblock tree, which with AVX-512 reads memory it never wrote.
        """
        options = {"crf": str(self.crf), "preset": self.preset}
        if self.live:
            options["tune"] = "zerolatency"
        if self.codec == "libx264":
            options["mbtree"] = "0"
        else:
            options["x265-params"] = "log-level=none:pools=none:frame-threads=1"
        return options


def transcode(frames: Sequence[I420], encoding: Encoding) -> list[I420]:
    """The frames, all of one size, as they look after encoding and decoding.

    Raises ValueError for H.265 with a side shorter than `SMALLEST_H265`.
    """
    height, width = luma_from_i420(frames[0]).shape
    if encoding.codec == "libx265" and min(height, width) < SMALLEST_H265:
        raise ValueError(f"H.265 takes {SMALLEST_H265} pixels a side or more, not {width} x {height}")
    encoder = _context(encoding.codec, "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = _FRAME_TIME, 1 / _FRAME_TIME
    encoder.options = encoding.options()
    packets = []
    for number, frame in enumerate(frames):
        picture = av.VideoFrame.from_ndarray(frame, format="yuv420p")
        picture.pts, picture.time_base = number, _FRAME_TIME
        packets += encoder.encode(picture)
    packets += encoder.encode(None)
    decoder = _context(_DECODERS[encoding.codec], "r")
    decoded = [frame for packet in packets for frame in decoder.decode(packet)] + decoder.decode(None)
    assert len(decoded) == len(frames), "an encoder drops no frames at a constant CRF"
    return [np.asarray(frame.to_ndarray(), np.uint8) for frame in decoded]


class PannedPhoto:
    """A photograph seen through a window as large as itself that moves over it, mirrored at its borders.

    Each view is reduced by MATLAB bicubic, so a movement by a fraction of a low-resolution pixel samples the
    photograph anew, as a camera does. There are only scale^2 such fractions, and each is reduced once.
    """

    def __init__(self, photo: NDArray[np.uint8], scale: int) -> None:
        """`photo` is [H, W] or [H, W, 3], H and W multiples of 2 * scale."""
        self.scale = scale
        self._photo = photo
        self._reduced: dict[tuple[int, int], NDArray[np.uint8]] = {}

    def view(self, down: int, right: int) -> NDArray[np.uint8]:
        """[H / scale, W / scale, ...] with the window moved by so many pixels of the photograph."""
        rows, row_part = divmod(down, self.scale)
        columns, column_part = divmod(right, self.scale)
        if (row_part, column_part) not in self._reduced:
            moved = _moved(self._photo, row_part, column_part)
            self._reduced[row_part, column_part] = moved if self.scale == 1 else imresize(moved, 1 / self.scale)
        return _moved(self._reduced[row_part, column_part], rows, columns)


@dataclass(frozen=True)
class RandomVideo:
    """One or two generations of H.264 or H.265, as streams and files have them.

    `crf` holds for both codecs and is drawn for each generation; `speed` is the fastest movement along an axis, in
    low-resolution pixels a frame. Pictures too small for H.265 always get H.264.
    """

    crf: tuple[int, int] = (18, 38)
    h265_chance: float = 0.3
    live_chance: float = 0.7
    second_chance: float = 0.3
    still_chance: float = 0.25
    speed: float = 4.0
    frames: int = 8

    def __call__(self, picture: Picture, rng: np.random.Generator) -> Picture:
        """The picture as one frame of a decoded video, in whole 8-bit codes; colour through 4:2:0."""
        codes = to_codes(picture)
        height, width = codes.shape[:2]
        beyond = [(0, height % 2), (0, width % 2), (0, 0)][: codes.ndim]
        frame = self.frame(PannedPhoto(np.pad(codes, beyond, mode="edge"), 1), rng)
        decoded = rgb_from_i420(frame) if picture.ndim == 3 else luma_from_i420(frame)
        return from_codes(decoded[:height, :width])

    def frame(self, photo: PannedPhoto, rng: np.random.Generator) -> I420:
        """A frame whose window is not moved: it lies exactly on `photo.view(0, 0)`."""
        kept = int(rng.integers(self.frames))
        speed = rng.uniform(-self.speed, self.speed, 2) * photo.scale * (rng.random() >= self.still_chance)
        offsets = [np.rint(speed * (number - kept)).astype(int) for number in range(self.frames)]
        clip = [_i420(photo.view(int(down), int(right))) for down, right in offsets]
        for encoding in self.encodings(luma_from_i420(clip[0]).shape, rng):
            clip = transcode(clip, encoding)
        return clip[kept]

    def encodings(self, shape: tuple[int, ...], rng: np.random.Generator) -> list[Encoding]:
        """The generations that frames of `shape` [H, W] go through."""
        return [self._encoding(shape, rng) for _ in range(2 if rng.random() < self.second_chance else 1)]

    def _encoding(self, shape: tuple[int, ...], rng: np.random.Generator) -> Encoding:
        h265 = rng.random() < self.h265_chance and min(shape) >= SMALLEST_H265
        live = bool(rng.random() < self.live_chance)
        preset = str(rng.choice(_LIVE_PRESETS if live else _FILE_PRESETS))
        crf = int(rng.integers(self.crf[0], self.crf[1] + 1))
        return Encoding("libx265" if h265 else "libx264", crf, preset, live)


def _context(codec: str, mode: Literal["r", "w"]) -> VideoCodecContext:
    context = CodecContext.create(codec, mode)
    assert isinstance(context, VideoCodecContext)
    context.thread_count = 1
    return context


def _i420(codes: NDArray[np.uint8]) -> I420:
    return i420_from_rgb(codes) if codes.ndim == 3 else i420_from_luma(codes)


def _moved(picture: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    """The picture through a window moved down and to the right, mirrored at its borders."""
    if rows == columns == 0:
        return picture
    height, width = picture.shape[:2]
    return picture[_mirrored(height, rows)][:, _mirrored(width, columns)]


def _mirrored(length: int, offset: int) -> NDArray[np.int64]:
    index = np.mod(np.arange(length) + offset, 2 * length)
    return np.where(index < length, index, 2 * length - 1 - index)
