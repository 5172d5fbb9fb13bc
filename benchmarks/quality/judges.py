"""Metrics that not every machine has: VMAF by FFmpeg, LPIPS by torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from .scores import LPIPS, VMAF, Judge, Metric
from .settings import Settings
from .vmaf import SMALLEST, vmaf, why_absent


@dataclass
class Judges:
    """What there is, and why the rest is not; `smallest` is what they ask of a picture's sides, in pixels."""

    measured: dict[Metric, Judge] = field(default_factory=dict)
    absent: dict[Metric, str] = field(default_factory=dict)
    smallest: int = 1


def judges_of(settings: Settings) -> Judges:
    """Raises DataError for weights of LPIPS that cannot be used."""
    judges = Judges()
    reason = why_absent(settings.ffmpeg)
    if reason is None:
        judges.measured[VMAF], judges.smallest = partial(vmaf, settings.ffmpeg), SMALLEST
    else:
        judges.absent[VMAF] = reason
    if settings.lpips is None or settings.lpips_linear is None:
        judges.absent[LPIPS] = "no weights were given (--lpips and --lpips-linear)"
    elif find_spec("torch") is None:
        judges.absent[LPIPS] = "torch is not installed"
    else:
        _add_lpips(judges, settings.lpips, settings.lpips_linear)
    return judges


def _add_lpips(judges: Judges, backbone: Path, linear: Path) -> None:
    from ...training.lpips import load_lpips  # noqa: PLC0415  torch is loaded where LPIPS is asked for only
    from ...training.scores import looking_with  # noqa: PLC0415

    lpips = load_lpips(backbone, linear)
    judges.measured[LPIPS], judges.smallest = looking_with(lpips), max(judges.smallest, lpips.smallest)
