"""Stage times: percentiles from histograms beside NumPy's from all values."""

from __future__ import annotations

import numpy as np
import pytest
from framelift.engine.channel import Waits
from framelift.engine.frame import Ledger
from framelift.engine.timing import STAGES, Timing
from hypothesis import given
from hypothesis import strategies as st

MILLISECONDS = st.floats(0.01, 1e5)


def ledger(**milliseconds: float) -> Ledger:
    return Ledger({name: (10.0, 10.0 + value / 1000) for name, value in milliseconds.items()})


@given(st.lists(MILLISECONDS, min_size=1, max_size=300))
def test_percentiles_are_within_one_percent(values: list[float]) -> None:
    timing = Timing()
    for value in values:
        timing.add(ledger(upscale=value))
    found = timing.stages(seconds=1.0)["upscale"]
    exact = np.percentile(values, [50, 95, 99], method="inverted_cdf")
    assert [found.p50, found.p95, found.p99] == pytest.approx(exact, rel=0.011, abs=0.001)
    assert found.mean == pytest.approx(np.mean(values), rel=1e-6, abs=0.001)
    assert timing.frames == len(values)


def test_a_share_is_the_part_of_the_run_a_stage_worked() -> None:
    timing = Timing()
    for _ in range(4):
        timing.add(ledger(decode=50, upscale=500))
    stages = timing.stages(seconds=2.0)
    assert (stages["decode"].share, stages["upscale"].share) == (0.1, 1.0)


def test_what_threads_waited_is_shared_out_among_them() -> None:
    waits = {"upscale": Waits(starved=1.0, blocked=3.0), "encode": Waits(starved=1.0)}
    timing = Timing({"upscale": 2}, lambda name: waits.get(name, Waits()))
    stages = timing.stages(seconds=4.0)
    assert (stages["upscale"].starved, stages["upscale"].blocked) == (0.125, 0.375)
    assert (stages["encode"].starved, stages["encode"].blocked) == (0.25, 0)
    assert (stages["decode"].starved, stages["decode"].blocked) == (0, 0)


@given(st.lists(MILLISECONDS, max_size=50))
def test_each_frame_is_known_to_one_percent(values: list[float]) -> None:
    timing = Timing()
    for value in values:
        timing.add(ledger(encode=value))
    assert timing.frames_of("encode") == pytest.approx(sorted(values), rel=0.011)
    assert timing.frames_of("decode") == []


def test_the_limiting_stage_has_worked_longest() -> None:
    timing = Timing()
    timing.add(ledger(decode=9, upscale=5, encode=6))
    timing.add(ledger(decode=1, upscale=4, encode=6))
    assert timing.limiting_stage() == "encode"


def test_before_the_first_frame_all_is_zero() -> None:
    stages = Timing().stages(seconds=0.0)
    assert tuple(stages) == STAGES
    assert {value for each in stages.values() for value in vars(each).values()} == {0.0}


def test_a_stage_a_frame_did_not_pass_is_not_counted() -> None:
    timing = Timing()
    timing.add(ledger(decode=10))
    timing.add(ledger(decode=30, prepare=2))
    stages = timing.stages(seconds=1.0)
    assert stages["prepare"].mean == 2
    assert stages["decode"].mean == 20
    assert stages["finish"].mean == 0


def test_a_ledger_notes_what_a_stage_took() -> None:
    noted = Ledger()
    with noted.stage("decode"):
        pass
    began, ended = noted.spans["decode"]
    assert began <= ended
    assert noted.milliseconds("decode") == 1000 * (ended - began)
