"""The clip that all peers get: made small, encoded, and known in full size."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from ...engine.errors import InputError
from ...engine.media import open_input
from ...training.imresize import crop_to_multiple, imresize
from ..workloads import Rgb, Workload, video_frame, write_clip
from .apart.serving import Codes
from .formats import Luma, PixFmt, codes_of, luma_of

MOST_FRAMES = 32
"""That are taken of a workload; longer files play them to and fro."""
SAMPLED = 3
"""Frames that are compared, and enlarged in turn where milliseconds are taken."""
CRF = 18
"""Of the small clip."""


@dataclass(frozen=True)
class Material:
    """`frames` are decoded, `originals` their luma in full size: a few, spread over the clip."""

    size: tuple[int, int]  # of the small clip
    small: list[Rgb]
    rate: Fraction
    frames: list[av.VideoFrame]
    originals: list[Luma]
    folder: Path
    _files: dict[int, Path] = field(default_factory=dict)

    def codes(self, pix_fmt: PixFmt) -> list[Codes]:
        """The decoded frames as a peer takes them."""
        return [codes_of(frame, pix_fmt) for frame in self.frames]

    def file(self, frames: int) -> Path:
        """The small clip, so many frames of it, to and fro."""
        if frames not in self._files:
            self._files[frames] = _written(self.small, frames, self.rate, self.folder / f"small-{frames}.mp4")
        return self._files[frames]


def material_of(workload: Workload, scale: int, folder: Path) -> Material:
    """The first frames of `workload`, whose sides are cut to multiples of 2 * `scale`. Raises InputError."""
    small, originals = list[Rgb](), list[Luma]()
    workload = workload.first(MOST_FRAMES)
    sampled = {round(share * (workload.frames - 1)) for share in np.linspace(0, 1, SAMPLED)}
    for number, picture in enumerate(workload.pictures()):
        large = crop_to_multiple(picture, 2 * scale)
        small.append(imresize(large, 1 / scale))
        if number in sampled:
            originals.append(luma_of(codes_of(video_frame(large), "yuv420p"), "yuv420p"))
    if not originals or min(small[0].shape[:2]) < 16:
        raise InputError(f"{workload.name} is too small, or has no frames", "choose a longer or larger clip")
    height, width = small[0].shape[:2]
    clip = _written(small, len(small), workload.rate, folder / "small.mp4")
    with open_input(clip) as file:
        frames = [frame for number, frame in enumerate(file.decode(video=0)) if number in sampled]
    return Material((width, height), small, workload.rate, frames, originals, folder)


def _written(pictures: list[Rgb], frames: int, rate: Fraction, path: Path) -> Path:
    to_and_fro = [*range(len(pictures)), *range(len(pictures) - 2, 0, -1)]
    chosen = (pictures[to_and_fro[number % len(to_and_fro)]] for number in range(frames))
    return write_clip(path, chosen, rate, options={"crf": str(CRF)})
