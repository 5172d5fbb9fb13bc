"""What is sent: a rendered clip, made small for the publisher, kept large to judge what the viewer got.

It lies in two files that every process maps, and is played to and fro, so that it never ends and never jumps.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from ...training.imresize import imresize
from ...training.metrics import psnr
from ..workloads import Clip, Rgb, render, video_frame
from . import frame_id

RATE = 30  # frames a second
_TICKS = 90_000  # a second, of video over RTP
_MARGIN = 16  # rows below the frame id that its edge may have reached through filters and codecs

Planes = NDArray[np.uint8]
"""[3 H / 2, W]: Y, then U and V, as FFmpeg's yuv420p lies in memory."""


@dataclass(frozen=True)
class Scene:
    """A clip in `folder`: its large luma and its small pictures."""

    folder: Path

    def small(self, number: int) -> Planes:
        """What the publisher sends as frame `number`, without its frame id; read-only."""
        return self._at("small.npy", number)

    def luma(self, number: int) -> frame_id.Luma:
        """The original of frame `number`, [H, W]; read-only."""
        return self._at("luma.npy", number)

    def picture(self, number: int) -> av.VideoFrame:
        """What the publisher sends as frame `number`, with its frame id and its time."""
        planes = self.small(number).copy()
        frame_id.stamp(planes[: len(planes) * 2 // 3], number)
        picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        picture.pts, picture.time_base = number * _TICKS // RATE, Fraction(1, _TICKS)
        return picture

    def psnr(self, luma: frame_id.Luma, number: int) -> float:
        """Of a picture of frame `number` against the original, in dB of luma; where the frame id lies does not count.

        Raises ValueError where the sizes differ.
        """
        below = frame_id.stamped_rows(luma.shape[1]) + _MARGIN
        return psnr(luma[below:], self.luma(number)[below:])

    def _at(self, name: str, number: int) -> NDArray[np.uint8]:
        pictures: NDArray[np.uint8] = np.load(self.folder / name, mmap_mode="r")
        last = len(pictures) - 1
        along = number % max(1, 2 * last)
        return np.asarray(pictures[min(along, 2 * last - along)])


def write_scene(folder: Path, clip: Clip, scale: int) -> Scene:
    """Render `clip`, whose sides are multiples of twice `scale`, into `folder`; the small pictures are 1/`scale`."""
    small, luma = [], []
    for rgb in render(clip):
        luma.append(_planes(rgb)[: clip.height])
        small.append(_planes(imresize(rgb, 1 / scale)))
    np.save(folder / "small.npy", small)
    np.save(folder / "luma.npy", luma)
    return Scene(folder)


def _planes(rgb: Rgb) -> Planes:
    return np.asarray(video_frame(rgb).to_ndarray(), np.uint8)
