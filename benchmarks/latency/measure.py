"""The whole of `framelift bench latency`.

Every case is measured once a turn, opened anew each time: so a turn differs from the next one as a run does from the
next run, and none takes memory from another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from ..report import Report, add, add_model, finish, new_report
from ..statistics.calibration import Calibration
from ..statistics.measurement import Measurement, measurements_of
from ..statistics.overhead import Overhead, overhead
from ..statistics.turns import interleaved
from ..workloads import trial_of
from . import KIND, cold, turn
from .case import Case, cases_of
from .chain import Times, timed
from .choices import choices_of, refusals
from .settings import Say, Settings
from .sources import source_of, workloads_of

Keep = Callable[[Report], None]
T = TypeVar("T")


def measure(settings: Settings, say: Say, keep: Keep = lambda _: None) -> Report:
    """The report; `keep` gets what there is of it after each turn, and when it is interrupted.

    Raises FrameliftError before any work where something that was named cannot be measured.
    """
    settings = settings.completed()
    report = new_report(KIND, settings.command(), asdict(settings)) | {"rows": [], "cold": [], "refused": []}
    with TemporaryDirectory() as name:
        folder, workloads, choices = Path(name), workloads_of(settings), choices_of(settings)
        refused = refusals(choices, settings, trial_of(workloads[0], folder), folder)
        report["refused"] = [{"case": str(choice), "why": why} for choice, why in refused.items()]
        able = [choice for choice in choices if choice not in refused]
        say(f"rendering or reading {', '.join(workload.name for workload in workloads)}")
        sources = [source_of(workload, folder) for workload in workloads]
        frames = cases_of(able, sources, settings.threads, folder)
        one = [choice for choice in able if choice.name == able[0].name]
        starts = cases_of(one, sources[:1], [None], folder) if settings.cold else {}
        for case in frames.values():
            add_model(report, case.plan.model)
        calibration = Calibration()
        _frames(report, frames, settings, calibration, say, keep)
        if starts:
            _starts(report, starts, settings, calibration, say, keep)
    finish(report, calibration, _overhead(report))
    return report


def _frames(
    report: Report, cases: Mapping[str, Case], settings: Settings, calibration: Calibration, say: Say, keep: Keep
) -> None:
    """Frame by frame: `rows` and their measurements."""

    def fill(made: Mapping[str, Sequence[turn.Turn]]) -> None:
        report["rows"] = [
            cases[name].facts | {"backend_reason": turns[0].reason, "warm_up_frames": [each.warm_up for each in turns]}
            for name, turns in made.items()
        ]
        _measured(report, [m for name, turns in made.items() for m in turn.measurements(name, turns)])
        report["calibration"] = calibration.to_json()
        keep(report)

    works = {name: partial(turn.take, case.plan, settings.seconds) for name, case in cases.items()}
    _in_turns("frames", works, settings.turns, calibration, fill, say)


def _starts(
    report: Report, cases: Mapping[str, Case], settings: Settings, calibration: Calibration, say: Say, keep: Keep
) -> None:
    """Process by process: `cold` and its measurements. One run of each first, so that all files are in memory."""
    before = measurements_of(report)

    def fill(made: Mapping[str, Sequence[cold.Run]]) -> None:
        report["cold"] = [cases[name].facts for name in made]
        _measured(report, [*before, *(m for name, runs in made.items() for m in cold.measurements(name, runs))])
        report["calibration"] = calibration.to_json()
        keep(report)

    works = {
        name: partial(cold.start, case.choice, case.plan.input, case.plan.output.parent) for name, case in cases.items()
    }
    for work in works.values():
        work()
    _in_turns("cold starts", works, settings.turns, calibration, fill, say)


def _in_turns(
    what: str,
    works: Mapping[str, Callable[[], T]],
    turns: int,
    calibration: Calibration,
    fill: Callable[[Mapping[str, Sequence[T]]], None],
    say: Say,
) -> None:
    """All `works` once a turn; `fill` gets what there is by case, in their order, after each turn and at the end."""
    made: dict[str, list[T]] = {}

    def each(case: str, number: int, result: T) -> None:
        made.setdefault(case, []).append(result)
        if all(len(made.get(name, ())) > number for name in works):
            say(f"{what}, turn {number + 1} of {turns}")
            fill({name: made[name] for name in works})

    try:
        interleaved(works, turns, each, calibration)
    except KeyboardInterrupt:
        fill({name: made[name] for name in works if name in made})
        raise


def _measured(report: Report, measurements: Sequence[Measurement]) -> None:
    """In place of what there was."""
    report["measurements"] = []
    for measurement in measurements:
        add(report, measurement)


def _overhead(report: Report) -> Overhead:
    """Of the clock around five steps that do nothing."""
    measured = measurements_of(report)
    fastest = min(m.median for m in measured if m.metric == turn.FRAME)

    def nothing(value: object) -> object:
        return value

    return overhead(lambda: timed(*[nothing] * len(Times._fields)), fastest)
