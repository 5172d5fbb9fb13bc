"""The live path, measured: what `framelift bench live` runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from ..report import Report, add, finish, new_report
from ..statistics.measurement import measurements_of
from ..statistics.overhead import Overhead, overhead
from . import KIND
from .failures import Failed
from .frame_id import stamp
from .names import GLASS
from .results import Result, Target
from .scene import Scene, write_scene
from .settings import Say, Settings, Work


def measure(settings: Settings, say: Say, keep: Callable[[Report], None] = lambda _: None) -> Report:
    """The report: rows and targets of each case; after each, `keep` gets what there is so far.

    Raises UsageError before any work where a case cannot run.
    """
    if "browser" in settings.cases:
        from .browser import chromium  # noqa: PLC0415  playwright is wanted by this case alone

        chromium()
    report = new_report(KIND, settings.command(), asdict(settings))
    report["clip"] = {"name": settings.clip.name, "size": list(settings.size), "scale": settings.scale}
    with TemporaryDirectory() as folder:
        say(f"rendering {settings.clip.name}")
        work = Work(settings, write_scene(Path(folder), settings.clip, settings.scale), say)
        report["cases"] = {}
        for case in settings.cases:
            result = _measured(case, work)
            report["cases"][case] = result.as_row()
            for measurement in result.measurements:
                add(report, measurement)
            report["calibration"] = work.calibration.to_json()
            keep(report)
        finish(report, work.calibration, _overhead(report, work.scene))
    return report


def _measured(case: str, work: Work) -> Result:
    """By the module of the case's name. A failure is a result, too, and hours of other cases are not lost by it."""
    try:
        result: Result = import_module(f".cases.{case}", __package__).measure(work)
    except Failed as error:
        work.say(f"{case}: {error}")
        return Result([], [Target(f"{case} can be measured", 0, least=1)], failed=str(error))
    return result


def _overhead(report: Report, scene: Scene) -> Overhead | None:
    """Of the clock's readings and the number that is drawn, which lie within the glass-to-glass time."""
    glass, luma = [m.median for m in measurements_of(report) if m.metric == GLASS], scene.luma(0).copy()

    def timing() -> None:
        time.perf_counter()
        stamp(luma, 1)
        time.perf_counter()

    return overhead(timing, min(glass)) if glass else None
