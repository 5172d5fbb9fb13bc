"""The parts one after the other; one that cannot run says why and costs the others nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

from ...engine.errors import FrameliftError
from ...training.errors import TrainingError
from ..report import Report, finish, new_report
from . import KIND
from .parts import PARTS
from .settings import Settings

Say = Callable[[str], None]


def measure(settings: Settings, say: Say, keep: Callable[[Report], None] = lambda _: None) -> Report:
    """The report: `parts` has a report of each kind, `refused` why there is none, `seconds` how long each took.

    `keep` gets what there is so far, with a part that has only begun. Raises UsageError, InputError or TrainingError
    before any work for wishes that nobody can fulfil.
    """
    report = new_report(KIND, settings.command(), {"parts": settings.parts})
    report |= {"parts": [], "refused": {}, "seconds": {}}
    parts = {name: PARTS[name](settings) for name in settings.parts}
    for name, part in parts.items():
        say(f"{name}:")
        done, began = list(report["parts"]), time.perf_counter()

        def keep_part(begun: Report, done: list[Report] = done) -> None:
            report["parts"] = [*done, begun]
            keep(report)

        try:
            report["parts"] = [*done, part.measure(say, keep_part)]
        except (FrameliftError, TrainingError) as error:
            say(f"{name} is left out: {error.message}")
            report["refused"][name] = error.message
        report["seconds"][name] = round(time.perf_counter() - began, 1)
        keep(report)
    finish(report)
    return report
