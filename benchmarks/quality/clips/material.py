"""A clip in both sizes: as it is, and made small."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from ....engine.errors import InputError
from ....engine.layout import layout_of
from ....engine.planes import planes_of
from ....training.imresize import crop_to_multiple, imresize
from ...workloads import Rgb, Workload, video_frame
from ...workloads.clip import FEWEST_FRAMES

MOST_FRAMES = 120
"""That are taken of a workload; all are held in memory."""
SMALLEST_SIDE = 32
"""Of the small clip, in pixels."""

Luma = NDArray[np.uint8]
"""[H, W]: BT.709 studio-range codes."""


@dataclass(frozen=True)
class Material:
    """Frames are BT.709 studio-range 4:2:0; `large` are the originals."""

    name: str
    scale: int
    rate: Fraction  # frames a second
    large: list[av.VideoFrame]
    small: list[av.VideoFrame]
    originals: list[Luma]  # of `large`

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the small frames."""
        return self.small[0].width, self.small[0].height


def check_clip(workload: Workload, scale: int) -> None:
    """Before any work. Raises InputError where the small clip would be too small to be told from its border."""
    sides = (side // (2 * scale) * 2 for side in (workload.width, workload.height))
    if min(sides) < SMALLEST_SIDE:
        raise InputError(
            f"{workload.name} is {workload.width}x{workload.height}, and {scale} times smaller a side is less than "
            f"{SMALLEST_SIDE} pixels",
            f"choose a clip of {scale * SMALLEST_SIDE} or more a side",
        )


def material_of(workload: Workload, scale: int) -> Material:
    """The sides are cut to multiples of 2 * `scale`; smaller by MATLAB's bicubic.

    Raises InputError for a damaged file that gives less than two frames.
    """
    large, small = list[av.VideoFrame](), list[av.VideoFrame]()
    for picture in workload.first(MOST_FRAMES).pictures():
        original: Rgb = crop_to_multiple(picture, 2 * scale)
        large.append(video_frame(original))
        small.append(video_frame(imresize(original, 1 / scale)))
    if len(large) < FEWEST_FRAMES:
        raise InputError(f"of {workload.name}, {len(large)} frame can be decoded", "choose a file that is whole")
    return Material(workload.name, scale, workload.rate, large, small, [luma_of(frame) for frame in large])


def luma_of(frame: av.VideoFrame) -> Luma:
    """A copy of the first plane of an 8-bit frame."""
    return np.array(planes_of(frame, layout_of(frame.format.name))[0], np.uint8)
