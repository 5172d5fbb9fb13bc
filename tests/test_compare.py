"""Two reports compared: a slow-down is caught, noise is not taken for one, and what cannot be compared is said."""

from __future__ import annotations

import hashlib
import json
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from framelift.benchmarks.report import Report, add, finish, new_report, write_report
from framelift.benchmarks.statistics.compare import Comparison, Row, compared
from framelift.benchmarks.statistics.compare_tables import document
from framelift.benchmarks.statistics.measurement import Better, Measurement, measured_once
from framelift.benchmarks.statistics.turns import interleaved
from framelift.cli.main import exit_code_of
from framelift.engine.errors import ExitCode, InputError
from numpy.typing import NDArray

ROWS, TURNS, FRAMES, SEEDS = 30, 7, 40, 100
SLOW = 7  # the row that is slower, in the reports that have one

MACHINE = {"cpu": "one", "cores": 2}
PLAIN: Report = {
    "kind": "cpu",
    "command": "framelift bench cpu",
    "date": "2026-01-01",
    "commit": None,
    "complete": True,
    "machine": MACHINE,
    "settings": {},
    "versions": {},
    "models": {},
    "calibration": None,
}


def a_report(measurements: list[Measurement], **other: Any) -> Report:
    return PLAIN | {"measurements": [measurement.to_json() for measurement in measurements]} | other


def steady(
    value: float, metric: str = "frame", unit: str = "ms", better: Better = "lower", case: str = "case"
) -> Measurement:
    """Turns that hardly differ."""
    return Measurement(case, metric, unit, better, tuple((value * (1 + 0.001 * turn),) for turn in (-2, -1, 0, 1, 2)))


def only_row(a: Measurement, b: Measurement, **other: Any) -> Row:
    (row,) = compared(a_report([a], **other), a_report([b], **other)).rows
    return row


# ---- a synthetic clock: runs of thirty cases whose true times are known

Factors = NDArray[np.float64]
Noise = Callable[[np.random.Generator], Factors]
"""Gives factors [turn, frame]; a little more than `bench cpu` shows on two cores of a shared server."""


def gaussian(rng: np.random.Generator) -> Factors:
    return 1 + rng.normal(0, 0.007, (TURNS, 1)) + rng.normal(0, 0.03, (TURNS, FRAMES))


def drifting(rng: np.random.Generator) -> Factors:
    """Two percent over the run, up or down, as a processor does that becomes warm."""
    course: Factors = 0.02 * rng.choice([-1, 1]) * np.linspace(-0.5, 0.5, TURNS)[:, None]
    return course + gaussian(rng)


def long_tailed(rng: np.random.Generator) -> Factors:
    """Frames are late, some by several times their time; now and then a whole turn is disturbed."""
    late = rng.exponential(0.03, (TURNS, FRAMES)) + (rng.random((TURNS, FRAMES)) < 0.03) * rng.exponential(2, FRAMES)
    disturbed = 0.3 * (rng.random((TURNS, 1)) < 0.02)
    factors: Factors = 1 + late + disturbed + rng.normal(0, 0.006, (TURNS, 1))
    return factors


def synthetic(rng: np.random.Generator, noise: Noise, slow: Mapping[int, float]) -> Report:
    """A run: every case also has what runs differ by. `slow` has factors by row."""
    measurements = []
    for row in range(ROWS):
        times = (1 + row) * slow.get(row, 1.0) * (1 + rng.normal(0, 0.007)) * noise(rng)
        measurements.append(Measurement(f"case {row}", "frame", "ms", "lower", tuple(map(tuple, times.tolist()))))
    return a_report(measurements)


@pytest.mark.parametrize("noise", [gaussian, drifting, long_tailed])
def test_a_tenth_more_is_caught_and_noise_is_not(noise: Noise) -> None:
    caught, false = 0, 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        rows = compared(synthetic(rng, noise, {}), synthetic(rng, noise, {SLOW: 1.1})).rows
        caught += rows[SLOW].verdict == "worse"
        false += any(row.verdict != "same" for number, row in enumerate(rows) if number != SLOW)
    assert caught >= 0.99 * SEEDS
    assert false <= 0.02 * SEEDS


def test_many_rows_make_each_less_certain_so_that_all_hold_at_once() -> None:
    """A difference that one row alone would show is expected by chance among hundreds."""
    a, b = steady(10), steady(10.4)
    assert only_row(a, b).verdict == "worse"
    others = [steady(1, case=f"other {number}") for number in range(400)]
    rows = compared(a_report([a, *others]), a_report([b, *others])).rows
    assert rows[0].verdict == "same"
    assert only_row(a, steady(12)).verdict == "worse"


# ---- real work, by the CPU time of the thread, which waits for nobody: runs of both take turns, so that whatever else
# the machine does (its clock, a neighbour on the same core) it does to both. Many short turns, for on a busy machine
# single ones are disturbed.


def hashed(rounds: int) -> tuple[float, ...]:
    """Milliseconds of three times the same work, which keeps one core busy and needs no memory."""

    def once() -> float:
        began = time.thread_time()
        hashlib.pbkdf2_hmac("sha256", b"work", b"fixed", rounds)
        return 1000 * (time.thread_time() - began)

    return tuple(once() for _ in range(3))


@pytest.fixture(scope="module")
def real() -> dict[str, Report]:
    """The same twice, and with a tenth more to do."""
    works = {"before": 3000, "again": 3000, "slower": 3300}
    turns = interleaved({name: partial(hashed, rounds) for name, rounds in works.items()}, 25)
    reports = {}
    for name, values in turns.items():
        report = new_report("cpu", "framelift bench cpu", {})
        add(report, Measurement("hash", "frame", "ms", "lower", tuple(values)))
        finish(report)  # no calibration: the turns were the same ones
        reports[name] = report
    return reports


def test_the_same_work_twice_is_the_same(real: dict[str, Report]) -> None:
    comparison = compared(real["before"], real["again"])
    assert [row.verdict for row in comparison.rows] == ["same"]
    assert not comparison.regressed


def test_a_tenth_more_work_is_worse_and_less_is_better(real: dict[str, Report]) -> None:
    assert compared(real["before"], real["slower"]).regressed
    assert [row.verdict for row in compared(real["slower"], real["before"]).rows] == ["better"]


def test_the_command_tells_by_its_exit_code(
    real: dict[str, Report], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, report in real.items():
        write_report(report, tmp_path / f"{name}.json")
    before, again, slower = (str(tmp_path / f"{name}.json") for name in ("before", "again", "slower"))
    result = tmp_path / "result.json"
    assert exit_code_of(["bench", "compare", before, again]) == ExitCode.DONE
    assert "**1 same**" in capsys.readouterr().out
    assert exit_code_of(["bench", "compare", before, slower, "--json", str(result)]) == ExitCode.CHECK_FAILED
    shown = capsys.readouterr().out
    assert shown == document(compared(real["before"], real["slower"]), real["before"], real["slower"])
    assert "## Worse" in shown
    made = json.loads(result.read_text())
    assert made["regressed"]
    (row,) = made["rows"]
    assert (row["case"], row["verdict"], row["difference"]) == ("hash", "worse", None)
    assert 1 < row["ratio"]["low"] < row["ratio"]["middle"] < row["ratio"]["high"]


# ---- verdicts


@pytest.mark.parametrize(("better", "worse"), [("lower", 12), ("higher", 8)])
def test_worse_is_what_the_metric_says(better: Better, worse: float) -> None:
    a, b = steady(10, better=better), steady(worse, better=better)
    assert only_row(a, b).verdict == "worse"
    assert only_row(b, a).verdict == "better"


def test_what_only_one_has_is_said() -> None:
    a, b, c = steady(1, case="a"), steady(1, case="b"), steady(1, case="c")
    comparison = compared(a_report([a, b]), a_report([b, c]))
    assert [(row.case, row.verdict) for row in comparison.rows] == [
        ("a", "only in A"),
        ("b", "same"),
        ("c", "only in B"),
    ]
    assert not comparison.regressed
    shown = document(comparison, a_report([]), a_report([]))
    assert "1 same, 1 only in A, 1 only in B" in shown
    assert "## Only in A\n" in shown


def test_reports_with_nothing_in_common_are_refused() -> None:
    with pytest.raises(InputError, match="no measurement in common"):
        compared(a_report([steady(1, case="a")]), a_report([steady(1, case="b")]))


def test_in_another_unit_it_is_another_metric() -> None:
    other = steady(1, case="other")
    rows = compared(a_report([steady(1, unit="ms"), other]), a_report([steady(1000, unit="us"), other])).rows
    assert [row.verdict for row in rows] == ["only in A", "same", "only in B"]


@pytest.mark.parametrize(
    ("b", "verdict"), [(31.25, "same"), (31.245, "same"), (31.2, "worse"), (31.3, "better"), (-1.0, "worse")]
)
def test_exact_metrics_differ_by_what_they_allow(b: float, verdict: str) -> None:
    before, now = (measured_once("case", "PSNR-Y", "dB", "higher", value, 0.01) for value in (31.25, b))
    assert only_row(before, now).verdict == verdict


def test_exact_metrics_do_not_make_others_less_certain() -> None:
    exact = [measured_once(f"case {n}", "PSNR-Y", "dB", "higher", 30.0, 0.01) for n in range(400)]
    assert compared(a_report([steady(10), *exact]), a_report([steady(10.4), *exact])).rows[0].verdict == "worse"


def test_counts_that_may_be_nothing_are_compared_by_difference() -> None:
    def lost(*counts: float) -> Measurement:
        return Measurement("case", "lost", "frames", "lower", tuple((count,) for count in counts))

    assert only_row(lost(0, 0, 0), lost(0, 0, 0)).verdict == "same"
    assert only_row(lost(0, 0, 0), lost(9, 9, 9)).verdict == "worse"
    assert only_row(lost(0, 0, 1), lost(0, 1, 0)).verdict == "same"


def test_one_value_tells_nothing_of_the_noise() -> None:
    a, b = (Measurement("case", "start", "s", "lower", ((value,),)) for value in (1.0, 3.0))
    comparison = compared(a_report([a]), a_report([b]))
    assert comparison.rows[0].verdict == "same"
    assert "3.000 (not known)" in document(comparison, a_report([a]), a_report([b]))
    assert "Infinity" not in json.dumps(document(comparison, a_report([a]), a_report([b])))


# ---- the machine itself


def calibrated(compute: float, copy: float) -> dict[str, list[float]]:
    return {"compute": [compute] * 5, "copy": [copy] * 5}


def on_machines(a: Measurement, b: Measurement, factor: float) -> Comparison:
    """B's machine takes `factor` times as long to compute."""
    return compared(a_report([a], calibration=calibrated(4, 2)), a_report([b], calibration=calibrated(4 * factor, 2)))


@pytest.mark.parametrize("factor", [0.85, 1.15])
def test_a_slower_or_faster_machine_is_no_news_of_the_software(factor: float) -> None:
    for unit, better, value in (("ms", "lower", 10 * factor), ("fps", "higher", 10 / factor)):
        a, b = (Measurement("case", "speed", unit, better, ((v,), (v,))) for v in (10.0, value))  # type: ignore[arg-type]
        assert on_machines(a, b, factor).rows[0].verdict == "same"
        assert on_machines(a, b, 1.0).rows[0].verdict != "same"
        assert on_machines(a, b, 1 / factor).rows[0].verdict != "same"


def test_beyond_what_the_machine_explains_it_is_worse() -> None:
    assert on_machines(steady(10), steady(13), 1.1).regressed
    assert on_machines(steady(10, unit="MB"), steady(11, unit="MB"), 1.1).regressed  # which a slow machine does not add


def test_a_noisy_machine_can_tell_great_differences_only() -> None:
    noisy = {"compute": [4.0, 4.0, 4.0, 6.0, 6.0], "copy": [2.0] * 5}
    a = a_report([steady(10)], calibration=calibrated(4, 2))
    for value, verdict in ((14.0, "same"), (17.0, "worse"), (8.0, "better")):
        assert compared(a, a_report([steady(value)], calibration=noisy)).rows[0].verdict == verdict
    b = a_report([steady(8)], calibration=calibrated(4, 2))
    assert compared(a | {"calibration": noisy}, b).rows[0].verdict == "same"


def test_how_fast_the_machine_was_is_said() -> None:
    reports = a_report([]), a_report([])
    assert "arithmetic took 10.0 % longer, copying took as long" in document(
        on_machines(steady(1), steady(1), 1.1), *reports
    )
    assert "arithmetic took 10.0 % less" in document(on_machines(steady(1), steady(1), 0.9), *reports)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"machine": {"cpu": "two", "cores": 2}}, "different machine: cpu one in A, two in B"),
        ({"settings": {"repeat": 3}}, "different settings: repeat none in A, 3 in B"),
        ({"versions": {"numpy": "9"}}, "different versions: numpy none in A, 9 in B"),
        ({"complete": False}, "B was interrupted"),
        ({"calibration": {"compute": [1.0, 2.0, 1.0, 2.0], "copy": [1.0]}}, "B's machine was noisy"),
    ],
)
def test_what_stands_against_comparing_is_said_first(other: dict[str, object], words: str) -> None:
    a, b = a_report([steady(1)]), a_report([steady(1)], **other)
    comparison = compared(a, b)
    assert any(words in note for note in comparison.notes)
    assert any(words in line for line in document(comparison, a, b).splitlines()[:10])


def test_alike_reports_have_nothing_against_them() -> None:
    a = a_report([steady(1)], calibration=calibrated(4, 2))
    b = a | {"machine": MACHINE | {"load": 3.0}}
    assert compared(a | {"machine": MACHINE | {"load": 0.1}}, b).notes == ()


def test_a_name_that_stands_for_another_model_is_said() -> None:
    a, b = ({"models": {"tiny": sha, f"only in {sha}": "x"}} for sha in ("1", "2"))
    comparison = compared(a_report([steady(1)], **a), a_report([steady(1)], **b))
    assert "different models of the same name: tiny" in comparison.notes


def test_reports_of_everything_are_compared_part_by_part() -> None:
    def everything(*values: float) -> Report:
        kinds = ("cpu", "reuse")
        parts = [
            a_report([steady(value)], kind=kind, calibration=calibrated(4, 2))
            for kind, value in zip(kinds, values, strict=False)
        ]
        return a_report([], kind="all", parts=parts)

    comparison = compared(everything(1, 2), everything(1, 3))
    assert [(row.case, row.verdict) for row in comparison.rows] == [("cpu: case", "same"), ("reuse: case", "worse")]
    assert comparison.machine is not None
    assert comparison.notes == ()
    assert [row.verdict for row in compared(everything(1, 2), everything(1)).rows] == ["same", "only in A"]


# ---- what cannot be compared


def test_reports_of_different_kinds_are_refused() -> None:
    with pytest.raises(InputError, match="'cpu', B of 'reuse'"):
        compared(a_report([]), a_report([], kind="reuse"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no JSON", "is not a report"),
        ('{"schema": 1, "kind": "cpu"}', "has schema 1, this version reads 2"),
        ('{"schema": 2, "kind": "cpu"}', "it has no `calibration`"),
    ],
)
def test_what_is_no_report_is_refused(
    text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    write_report(new_report("cpu", "framelift bench cpu", {}), good)
    bad.write_text(text)
    assert exit_code_of(["bench", "compare", str(good), str(bad)]) == ExitCode.INPUT
    assert words in capsys.readouterr().err
    assert exit_code_of(["bench", "compare", str(tmp_path / "missing.json"), str(good)]) == ExitCode.INPUT
    assert "cannot be read" in capsys.readouterr().err


def test_a_damaged_measurement_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = new_report("cpu", "framelift bench cpu", {})
    add(report, steady(1))
    report["measurements"][0]["values"] = "AAAA"
    write_report(report, tmp_path / "report.json")
    assert exit_code_of(["bench", "compare", *[str(tmp_path / "report.json")] * 2]) == ExitCode.INPUT
    assert "a measurement cannot be read" in capsys.readouterr().err


def test_where_the_result_cannot_go_is_said_first(tmp_path: Path) -> None:
    words = ["bench", "compare", "a.json", "b.json", "--json", str(tmp_path / "missing" / "result.json")]
    assert exit_code_of(words) == ExitCode.OUTPUT


def test_the_middle_of_a_ratio_is_that_of_the_medians() -> None:
    a = Measurement("case", "frame", "ms", "lower", ((1.0, 9.0, 2.0), (3.0,), (4.0,)))
    b = Measurement("case", "frame", "ms", "lower", ((6.0,), (5.0, 7.0, 7.0), (1.0,)))
    row = only_row(a, b)
    assert (row.a, row.b) == (3, 6)
    assert row.change is not None
    assert row.change.middle == statistics.median([6, 7, 1]) / statistics.median([2, 3, 4])
