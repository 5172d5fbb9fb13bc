"""How near a peer's frames come to the originals, and whether they are what they should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean

import numpy as np

from ...training.metrics import psnr, ssim
from .formats import Luma, PixFmt, codes_of, luma_of
from .material import Material
from .running import PeerFailed, Running

BELOW_BICUBIC = 3.0
"""dB: what is further below FFmpeg's bicubic is taken to be broken."""
IDENTICAL = 100.0
"""dB: stands for no difference at all, of which PSNR is infinite."""
_MOVED = 0.1  # dB nearer when moved by a pixel: more than a picture without detail gains by chance


@dataclass(frozen=True)
class Quality:
    """Means over the frames compared: the whole frame, luma in studio range."""

    psnr: float  # dB
    ssim: float


def quality_of(running: Running, pix_fmt: PixFmt, material: Material, bicubic: Quality) -> Quality:
    """Of a peer. Raises PeerFailed, also for pictures that cannot be what it should make."""
    larger = [luma_of(running.enlarged(codes), pix_fmt) for codes in material.codes(pix_fmt)]
    shapes = [plane.shape for plane in (larger[0], material.originals[0])]
    if shapes[0] != shapes[1]:
        raise PeerFailed(f"does not work: its pictures are {shapes[0]}, not {shapes[1]}")
    quality = _quality(larger, material.originals)
    fault = fault_of(quality, bicubic, larger[0], material.originals[0])
    if fault is not None:
        raise PeerFailed(f"does not work: {fault}")
    return quality


def quality_of_bicubic(material: Material) -> Quality:
    """The yardstick: FFmpeg's, by PyAV, which is always there."""
    height, width = material.originals[0].shape
    larger = [frame.reformat(width, height, interpolation="BICUBIC") for frame in material.frames]
    return _quality([luma_of(codes_of(frame, "yuv420p"), "yuv420p") for frame in larger], material.originals)


def fault_of(quality: Quality, bicubic: Quality, larger: Luma, original: Luma) -> str | None:
    """Why these pictures cannot be what a peer should make; None where they can."""
    across, down = _offset(larger, original)
    if (across, down) != (0, 0):
        return f"its picture is moved by {across} pixels across and {down} down"
    if quality.psnr < bicubic.psnr - BELOW_BICUBIC:
        return f"PSNR-Y {quality.psnr:.1f} dB, where bicubic has {bicubic.psnr:.1f} dB"
    return None


def _quality(larger: Sequence[Luma], originals: Sequence[Luma]) -> Quality:
    pairs = list(zip(larger, originals, strict=True))
    return Quality(
        fmean(min(psnr(made, original), IDENTICAL) for made, original in pairs),
        fmean(ssim(made, original) for made, original in pairs),
    )


def _offset(larger: Luma, original: Luma) -> tuple[int, int]:
    """By how many whole pixels, across and down, up to one each way, `larger` must be moved back to be nearest."""
    found = {
        (across, down): psnr(np.roll(larger, (-down, -across), (0, 1)), original, border=1)
        for across, down in product((0, -1, 1), repeat=2)
    }
    best = max(found, key=lambda offset: found[offset])
    return best if found[best] > found[0, 0] + _MOVED else (0, 0)
