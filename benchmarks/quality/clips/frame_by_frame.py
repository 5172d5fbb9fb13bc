"""Quality of clips that no codec has touched: each frame beside the original, and how it changes from the last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean

from ....training.metrics import psnr, ssim
from ...statistics.measurement import Measurement
from ...workloads import Workload
from ..scores import IDENTICAL, PSNR_Y, SSIM
from ..way import Way
from .cases import FLICKER, TOF, clip_case, of_frames
from .enlarging import clip_ways, opened
from .material import Luma, Material, material_of
from .temporal import Flow, flicker, flows, tof

Say = Callable[[str], None]


def measure_clip(workload: Workload, ways: Sequence[Way], scale: int, say: Say) -> list[Measurement]:
    """PSNR-Y, SSIM, flicker and tOF of each frame, of bicubic and each network in `ways` that enlarges by `scale`.

    `workload` is the original, of which the small clip is made. Raises ModelError, InputError.
    """
    say(f"rendering {workload.name}" if workload.path is None else f"reading {workload.name}")
    material, found = material_of(workload, scale), list[Measurement]()
    motion = flows(material.originals)
    with opened(clip_ways(ways, scale), material.size) as enlargers:
        for name, enlarge in enlargers.items():
            results = [enlarge(frame) for frame in material.small]
            measured = _measured(clip_case(name, material.name), results, material, motion)
            say(f"{measured[0].case}: " + ", ".join(f"{m.metric} {fmean(m.values):.4g}" for m in measured))
            found += measured
    return found


def _measured(case: str, results: Sequence[Luma], material: Material, motion: Sequence[Flow]) -> list[Measurement]:
    """`scale` pixels are cut off each border, as of pictures."""
    originals, border = material.originals, material.scale
    return [
        of_frames(case, PSNR_Y, frame_psnrs(results, originals, border)),
        of_frames(case, SSIM, [ssim(*pair, border) for pair in zip(results, originals, strict=True)]),
        of_frames(case, FLICKER, flicker(results, originals, border)),
        of_frames(case, TOF, tof(results, motion)),
    ]


def frame_psnrs(results: Sequence[Luma], originals: Sequence[Luma], border: int) -> list[float]:
    """In dB; of a frame without any difference `IDENTICAL`."""
    return [min(psnr(*pair, border), IDENTICAL) for pair in zip(results, originals, strict=True)]
