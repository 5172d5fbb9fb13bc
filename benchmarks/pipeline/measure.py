"""The whole of `framelift bench pipeline`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from ...engine.channel import Channel
from ...engine.frame import Ledger
from ...engine.live.rungs import check_settings
from ...engine.pipeline import upscaler_for
from ...engine.plan import make_plan
from ...engine.timing import STAGES, Timing
from ..report import Report, finish, new_report
from ..statistics.calibration import Calibration
from ..statistics.measurement import measurements_of
from ..statistics.overhead import Overhead, overhead
from ..workloads import trial_of
from . import KIND, energy
from .bench import Bench, Keep, Say
from .capacity import find_capacity, live_settings
from .cases import Case, cases_of, first_model
from .gpu import gpus
from .metrics import THROUGHPUT
from .runs import run_all
from .settings import Settings


def measure(settings: Settings, say: Say, keep: Keep = lambda _: None) -> Report:
    """The report; `keep` gets what there is of it after each part, and when it is interrupted.

    Raises FrameliftError before any work if something cannot run.
    """
    cases, (counters, untold) = cases_of(settings), _counters()
    with TemporaryDirectory() as name:
        _refuse(settings, cases, Path(name))
        report = new_report(KIND, settings.command(), asdict(settings))
        report |= {"clip": cases[0].clip.name, "energy": untold, "gpus": gpus(), "rows": [], "streams": None}
        bench = Bench(settings, report, Path(name), Calibration(), say, keep)
        run_all(bench, cases, counters)
        if settings.streams:
            find_capacity(bench, first_model(cases))
    finish(report, bench.calibration, _overhead(report))
    return report


def _refuse(settings: Settings, cases: Sequence[Case], folder: Path) -> None:
    """Raises FrameliftError for what cannot run."""
    trial = trial_of(cases[0].clip, folder)
    for options in {case.options for case in cases}:
        with closing(upscaler_for(make_plan(trial, folder / "out.mkv", options))):
            pass
    if settings.streams:
        check_settings(live_settings(settings))


def _counters() -> tuple[tuple[energy.Counter, ...], str | None]:
    """Those of energy, or why there are none."""
    try:
        return energy.counters(), None
    except energy.Untold as why:
        return (), str(why)


def _overhead(report: Report) -> Overhead:
    """Of the engine's own notes of each frame, which are what is shown here, with the hand-overs they are made in."""
    timing, channel = Timing(), Channel[Ledger](1)
    taken = iter(channel)

    def note() -> None:
        ledger = Ledger()
        for stage in STAGES:
            with ledger.stage(stage):
                pass
            channel.put(ledger)
            next(taken)
        timing.add(ledger)

    fastest = max(found.median for found in measurements_of(report) if found.metric == THROUGHPUT)
    return overhead(note, 1000 / fastest)
