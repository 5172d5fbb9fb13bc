"""The live path, measured: what `framelift bench live` runs."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from ..report import Report, new_report
from . import KIND
from .failures import Failed
from .results import Result, Row, Target
from .scene import write_scene
from .settings import Say, Settings, Work


def measure(settings: Settings, say: Say, keep: Callable[[Report], None] = lambda _: None) -> Report:
    """The report: rows and targets of each case; after each, `keep` gets what there is so far.

    Raises UsageError before any work where a case cannot run.
    """
    if "browser" in settings.cases:
        from .browser import chromium  # noqa: PLC0415  playwright is wanted by this case alone

        chromium()
    report = new_report(KIND, settings.command())
    report["clip"] = {"name": settings.clip.name, "size": list(settings.size), "scale": settings.scale}
    with TemporaryDirectory() as folder:
        say(f"rendering {settings.clip.name}")
        work = Work(settings, write_scene(Path(folder), settings.clip, settings.scale), say)
        report["cases"] = {}
        for case in settings.cases:
            report["cases"][case] = _measured(case, work)
            keep(report)
    return report


def _measured(case: str, work: Work) -> Row:
    """By the module of the case's name. A failure is a result, too, and hours of other cases are not lost by it."""
    try:
        result: Result = import_module(f".cases.{case}", __package__).measure(work)
    except Failed as error:
        work.say(f"{case}: {error}")
        return Result([], [Target(f"{case} can be measured", 0, least=1)]).as_row() | {"failed": str(error)}
    return result.as_row()
