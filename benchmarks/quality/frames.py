"""Pictures as the engine's frames, and frames to time it with."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import av
import numpy as np

from ...engine.colour import ColourTags
from ...engine.frame import DecodedFrame, Ledger
from ...training.photos import luma_codes
from ..workloads import Clip, render
from .way import Codes, Rgb


@lru_cache(maxsize=1)
def rgb_frames(size: tuple[int, int]) -> tuple[Rgb, ...]:
    """Three of a rendered clip of (width, height)."""
    width, height = size
    return tuple(render(Clip(width=width, height=height, frames=3, rate=1)))


def luma_frames(size: tuple[int, int]) -> list[Codes]:
    """The luma of `rgb_frames`."""
    return [luma_codes(picture) for picture in rgb_frames(size)]


def decoded(picture: Rgb | Codes) -> DecodedFrame:
    """[H, W, 3] or [H, W] as if it had been decoded."""
    pix_fmt = "gray" if picture.ndim == 2 else "gbrp"
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="gray" if picture.ndim == 2 else "rgb24")
    tags = ColourTags().decided(lines=frame.height, pix_fmt=pix_fmt)
    return DecodedFrame(frame.reformat(format=pix_fmt), 0, 0, 0, Fraction(1, 25), tags, Fraction(1), Ledger())
