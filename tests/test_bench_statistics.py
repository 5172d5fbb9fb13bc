"""Turns, warm-up, noise: what makes figures out of samples, compared with tables, with integrals and with the truth."""

from __future__ import annotations

import base64
import itertools
import json
import math
import statistics
import time
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from framelift.benchmarks.statistics import calibration, clock, student
from framelift.benchmarks.statistics.bootstrap import interval, paired, ratio
from framelift.benchmarks.statistics.calibration import Calibration, in_words, is_noisy, spread
from framelift.benchmarks.statistics.measurement import (
    Measurement,
    find,
    measured_once,
    measurements_of,
)
from framelift.benchmarks.statistics.overhead import overhead
from framelift.benchmarks.statistics.steady import BATCH, first_steady, warmed_up
from framelift.benchmarks.statistics.turns import interleaved
from framelift.benchmarks.tables import measured
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.floats(2**-7, 2**20, width=32)
TURNS = st.lists(st.lists(VALUES, min_size=1, max_size=5).map(tuple), min_size=1, max_size=7).map(tuple)


def of_turns(*turns: tuple[float, ...], case: str = "case", exact: float | None = None) -> Measurement:
    return Measurement(case, "frame", "ms", "lower", turns, exact)


# ---- a measurement


@given(TURNS, st.none() | st.floats(0, 1))
def test_a_measurement_is_read_back_whole(turns: tuple[tuple[float, ...], ...], exact: float | None) -> None:
    measurement = of_turns(*turns, exact=exact)
    report = {"measurements": [json.loads(json.dumps(measurement.to_json()))]}
    assert measurements_of(report) == [measurement]
    assert find(measurements_of(report), "case", "frame") == measurement
    assert find(measurements_of(report), "case", "decode") is None


def test_a_turn_counts_once_however_many_frames_it_has() -> None:
    measurement = of_turns((1.0,) * 99, (5.0, 6.0, 7.0), (8.0,))
    assert list(measurement.middles) == [1, 6, 8]
    assert measurement.median == 6
    assert measurement.percentile(0.5) == 1
    assert measurement.to_json()["median"] == 6


@pytest.mark.parametrize("turns", [(), ((),), ((1.0,), ())])
def test_a_measurement_without_values_is_none(turns: tuple[tuple[float, ...], ...]) -> None:
    with pytest.raises(ValueError, match="has values"):
        Measurement("case", "frame", "ms", "lower", turns)


@pytest.mark.parametrize(
    "change",
    [
        {"turns": [1, 1]},
        {"values": "no base64"},
        {"values": base64.b64encode(b"not deflated").decode()},
        {"values": base64.b64encode(zlib.compress(b"odd")).decode()},
        {"turns": [3, 0]},
    ],
)
def test_a_damaged_measurement_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Measurement.from_json(of_turns((1.0, 2.0), (3.0,)).to_json() | change)


# ---- turns


@given(st.integers(0, 5), st.integers(0, 6))
def test_every_case_runs_once_a_turn_and_each_begins_one(cases: int, turns: int) -> None:
    ran: list[str] = []
    told: list[tuple[str, int, int]] = []

    def work(case: str) -> Callable[[], int]:
        def run() -> int:
            ran.append(case)
            return len(ran)

        return run

    names = [f"case {number}" for number in range(cases)]
    results = interleaved(
        {name: work(name) for name in names}, turns, lambda case, turn, result: told.append((case, turn, result))
    )
    by_turn = [ran[i * cases : (i + 1) * cases] for i in range(turns)] if cases else []
    assert all(sorted(turn) == names for turn in by_turn)
    assert [turn[0] for turn in by_turn] == [names[i % cases] for i in range(len(by_turn))]
    assert results == {name: [ran.index(name, i * cases) + 1 for i in range(turns)] for name in names}
    assert told == [(case, i // cases, i + 1) for i, case in enumerate(ran)]


def test_the_machine_is_looked_at_before_each_turn() -> None:
    seen = Calibration()
    taken: list[int] = []
    works = dict.fromkeys("ab", lambda: taken.append(len(seen.compute)))
    interleaved(works, 2, calibration=seen)
    assert taken == [1, 1, 2, 2]
    assert all(value > 0 for value in [*seen.compute, *seen.copy])
    assert len(json.loads(json.dumps(seen.to_json()))["copy"]) == 2


# ---- Student's t, against printed tables and the integral of its density


@pytest.mark.parametrize(
    ("freedom", "confidence", "printed"),
    [
        (1, 0.95, 12.706),
        (2, 0.95, 4.303),
        (3, 0.95, 3.182),
        (5, 0.95, 2.571),
        (10, 0.95, 2.228),
        (30, 0.95, 2.042),
        (1, 0.99, 63.657),
        (4, 0.99, 4.604),
        (7, 0.999, 5.408),
        (120, 0.999, 3.373),
    ],
)
def test_how_far_t_reaches_is_as_printed(freedom: int, confidence: float, printed: float) -> None:
    assert student.reach(confidence, freedom) == pytest.approx(printed, abs=0.0006)


@given(st.integers(1, 60), st.floats(0.05, 20))
def test_what_lies_within_is_the_integral(freedom: int, t: float) -> None:
    x = np.linspace(0, t, 4001)
    log_scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - math.log(freedom * math.pi) / 2
    density = np.exp(log_scale - (freedom + 1) / 2 * np.log1p(x * x / freedom))
    simpson = (x[1] - x[0]) / 3 * (density[0] + density[-1] + 4 * density[1::2].sum() + 2 * density[2:-1:2].sum())
    assert student.within(t, freedom) == pytest.approx(2 * float(simpson), abs=1e-7)


@given(st.floats(0.5, 0.999999), st.floats(0.2, 1000))
def test_reach_is_the_inverse_of_within(confidence: float, freedom: float) -> None:
    whole = min(max(int(freedom), 1), student.LARGEST)
    assert student.within(student.reach(confidence, freedom), whole) == pytest.approx(confidence, abs=1e-8)


# ---- how sure a median is


@pytest.mark.parametrize("n", [2, 3, 5, 7])
@pytest.mark.parametrize("model", ["normal", "long tails", "skewed"])
def test_the_true_median_is_in_nineteen_of_twenty_intervals(model: str, n: int) -> None:
    rng = np.random.default_rng(7)
    draw = {
        "normal": lambda: rng.normal(0, 1, n),
        "long tails": lambda: rng.standard_t(3, n),
        "skewed": lambda: np.exp(rng.normal(0, 1, n)) - 1,
    }[model]
    held = 0
    for _ in range(400):
        low, high = interval([[float(value)] for value in 100 + draw()])
        held += low <= 100 <= high
    assert held / 400 >= 0.925  # 0.95 less two and a third standard errors of 400 draws


@given(TURNS.filter(lambda turns: len(turns) > 1), st.floats(0.1, 10))
def test_an_interval_holds_the_median_and_has_its_unit(turns: tuple[tuple[float, ...], ...], unit: float) -> None:
    low, high = interval(turns)
    assert 0 <= low <= of_turns(*turns).median <= high
    scaled = interval([[unit * value for value in turn] for turn in turns])
    assert scaled == pytest.approx((unit * low, unit * high), rel=1e-6, abs=1e-6)
    assert interval(turns[::-1]) == pytest.approx((low, high))


def test_what_one_value_tells_is_nothing() -> None:
    assert interval([[3.0]]) == (0, math.inf)
    assert measured(of_turns((3.0,)), 1) == "3.0 (one value)"


def test_within_one_turn_neighbours_do_not_count_twice() -> None:
    """A slow wave: a hundred frames, but only a few independent ones."""
    wave = [10 + math.sin(i / 20) for i in range(100)]
    low, high = interval([wave])
    drawn = interval([[value] for value in wave])
    assert high - low > 3 * (drawn[1] - drawn[0])


def test_figures_stand_with_their_spread() -> None:
    assert measured(measured_once("case", "PSNR-Y", "dB", "higher", 31.25, 0.01), 2) == "31.25"
    assert measured(of_turns((2.0, 2.0), (2.0,)), 2) == "2.00 (2.00 to 2.00)"
    low, high = interval([[1.0], [2.0], [3.0]])
    assert measured(of_turns((1.0,), (2.0,), (3.0,)), 1) == f"2.0 ({low:.1f} to {high:.1f})"


@given(TURNS, TURNS)
def test_a_ratio_turned_round_is_one_over_it(
    ones: tuple[tuple[float, ...], ...], others: tuple[tuple[float, ...], ...]
) -> None:
    a, b = of_turns(*ones), of_turns(*others)
    there, back = ratio(a, b), ratio(b, a)
    assert there.low <= there.middle == b.median / a.median <= there.high
    assert back.middle == pytest.approx(1 / there.middle)
    assert back.high * there.low == pytest.approx(1) or there.low == 0


def test_what_runs_differ_by_is_added() -> None:
    a = of_turns((1.0,), (1.0,), (1.0,))
    assert ratio(a, a).high == 1
    assert ratio(a, a, between_runs=0.01).high == pytest.approx(math.exp(1.968 * 0.01 * math.sqrt(2)), rel=1e-4)


@given(st.lists(VALUES, min_size=2, max_size=7), st.floats(0.1, 10))
def test_paired_ratios_are_free_of_what_both_had(values: list[float], factor: float) -> None:
    a, b = of_turns(*((value,) for value in values)), of_turns(*((factor * value,) for value in values))
    found = paired(a, b)
    assert (found.low, found.middle, found.high) == pytest.approx((factor,) * 3, rel=1e-6)


def test_there_is_no_ratio_to_nothing() -> None:
    zero, one = of_turns((0.0,), (0.0,)), of_turns((1.0,), (1.0,))
    for function, (a, b) in itertools.product((ratio, paired), ((zero, one), (one, zero))):
        with pytest.raises(ValueError, match="no ratio"):
            function(a, b)
    with pytest.raises(ValueError, match=r"shorter|longer"):
        paired(one, of_turns((1.0,)))


# ---- warm-up


def noise(seed: int, count: int) -> list[float]:
    """Around 1, with late frames."""
    rng = np.random.default_rng(seed)
    late = (rng.random(count) < 0.03) * rng.exponential(1, count)
    return list(1 + 0.02 * rng.normal(size=count) + late)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("slow", [10, 40, 90])
def test_a_slow_start_is_cut_off_and_little_more(seed: int, slow: int) -> None:
    values = [value + 0.5 * (i < slow) for i, value in enumerate(noise(seed, 400))]
    assert slow <= first_steady(values) <= slow + 110


@pytest.mark.parametrize("seed", range(20))
def test_what_still_changes_is_not_steady(seed: int) -> None:
    values = [value + 2 - i / 50 for i, value in enumerate(noise(seed, 100))]
    assert first_steady(values) == len(values)


@given(st.lists(VALUES, max_size=29))
def test_few_values_tell_nothing(values: list[float]) -> None:
    assert first_steady(values) == len(values)


@given(st.lists(VALUES, min_size=30, max_size=120))
def test_what_is_cut_off_are_whole_batches_of_the_first_half(values: list[float]) -> None:
    first = first_steady(values)
    assert first == len(values) or (first % BATCH == 0 and first < len(values) / 2)


def test_what_never_changes_is_steady_at_once() -> None:
    assert first_steady([2.0] * 30) == 0


@pytest.mark.parametrize("seed", range(10))
def test_warming_up_ends_when_it_is_steady(seed: int) -> None:
    """A clock that rises, as processors' do: half as slow after each twenty frames."""
    values = [value + 0.5 ** (i / 20) for i, value in enumerate(noise(seed, 1000))]
    seen = warmed_up(iter(values).__next__, 1000)
    assert seen == values[: len(seen)]
    assert 60 < len(seen) < 600
    assert first_steady(seen) < len(seen)


@pytest.mark.parametrize("most", [0, 1, 7, 40])
def test_warming_up_ends_at_the_latest(most: int) -> None:
    assert len(warmed_up(iter(range(1000, 0, -1)).__next__, most)) == most


# ---- the machine, the clock, the harness


def test_a_steady_machine_and_a_noisy_one() -> None:
    steady = {"compute": [4.0, 4.1, 4.0, 4.2, 4.1], "copy": [2.0, 2.0, 2.1, 2.0, 2.0]}
    noisy = steady | {"compute": [4.0, 8.2, 4.0, 8.1, 4.1]}
    assert not is_noisy(steady)
    assert is_noisy(noisy)
    assert "5 turns" in in_words(steady)
    assert "steady" in in_words(steady)
    assert "**noisy**, above 15%" in in_words(noisy)
    assert "not known" in in_words(None)


@given(st.lists(st.floats(1, 100), min_size=1, max_size=30), st.floats(0.1, 10))
def test_spread_is_a_share(samples: list[float], unit: float) -> None:
    assert 0 <= spread(samples) <= (max(samples) - min(samples)) / statistics.median(samples) + 1e-9
    assert spread([unit * sample for sample in samples]) == pytest.approx(spread(samples), abs=1e-9)


def test_one_disturbed_sample_of_many_does_not_make_a_machine_noisy() -> None:
    assert spread([2.0] * 20 + [9.0]) == 0


def test_the_limit_is_stated() -> None:
    assert f"{calibration.NOISY:.0%}" in in_words({"compute": [1.0, 9.0], "copy": [1.0]})


def test_the_clock_is_described_by_itself() -> None:
    facts = clock.facts()
    assert str(facts["name"]).startswith("perf_counter, ")
    assert isinstance(facts["step_ns"], int)
    assert isinstance(facts["reading_ns"], int)
    assert 0 < facts["step_ns"] <= facts["reading_ns"]
    assert facts["resolution_ns"] == pytest.approx(1e9 * time.get_clock_info("perf_counter").resolution)


def test_the_harness_is_measured_by_what_it_does() -> None:
    little, much = overhead(lambda: None, 2.0), overhead(lambda: sum(range(3000)), 2.0)
    assert 0 < 10 * little.ms < much.ms
    assert much.share == pytest.approx(much.ms / 2)
