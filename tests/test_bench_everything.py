"""`framelift bench all`: one report of all kinds, which parts there are, and what is refused before any of them."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from framelift.benchmarks.everything import measure as measure_module
from framelift.benchmarks.everything.measure import measure
from framelift.benchmarks.everything.parts import PARTS, Part
from framelift.benchmarks.everything.settings import Settings
from framelift.benchmarks.everything.tables import document
from framelift.benchmarks.latency.settings import Settings as Latency
from framelift.benchmarks.report import Report, read_report, write_report
from framelift.cli.main import exit_code_of
from framelift.engine.errors import ExitCode

TINY = Latency(("tiny-8",), ("native",), ("int8",), "natural:64x48:8f", threads=(1,), turns=2, seconds=0, cold=False)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Latency in a second; a part that fails when it begins, and one that lacks something."""
    own = {
        "latency": Part("latency", TINY),
        "pipeline": Part("latency", Latency(clip="missing.mp4")),
        "live": Part("live", None, ("abacus",), "abacus[beads]"),
    }
    there = {name: partial(lambda part, _: part, part) for name, part in own.items()}
    monkeypatch.setattr(measure_module, "PARTS", {**PARTS, **there})


def test_a_part_that_cannot_run_costs_the_others_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    report = measure(Settings(("pipeline", "live", "latency")), said.append)
    assert report["complete"]
    assert [part["kind"] for part in report["parts"]] == ["latency"]
    assert report["refused"].keys() == {"pipeline", "live"}
    assert "missing.mp4" in report["refused"]["pipeline"]
    assert report["refused"]["live"] == "it needs abacus"
    assert "live is left out: it needs abacus" in said
    assert report["seconds"].keys() == {"pipeline", "live", "latency"}
    write_report(report, tmp_path / "report.json")
    shown = document(read_report(tmp_path / "report.json"))
    assert "Fixed work before each of 2 turns" in shown
    assert re.search(r"^\| latency \| \d+ s \| measured \|$", shown, re.MULTILINE)
    assert "not measured: it needs abacus" in shown


def test_what_was_measured_until_an_interruption_is_kept() -> None:
    kept: list[Report] = []

    def interrupting(words: str) -> None:
        if "turn 2" in words:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(Settings(("latency",)), interrupting, kept.append)
    assert not kept[-1]["complete"]
    assert kept[-1]["parts"][0]["measurements"]
    assert "| latency |  | interrupted |" in document(kept[-1])


def test_a_part_that_failed_halfway_says_so() -> None:
    half = measure(Settings(("latency",)), lambda _: None)
    half["parts"][0]["complete"], half["refused"] = False, {"latency": "the disk is full"}
    assert "measured until it failed: the disk is full" in document(half)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--part", "abacus"], ExitCode.USAGE, "no part is named 'abacus'"),
        (["--pictures", "missing"], ExitCode.INPUT, "there is no folder missing"),
        (["--pictures", "."], ExitCode.INPUT, "no picture lies below"),
        (["--weights", "missing"], ExitCode.INPUT, "missing is no folder"),
        (["--opencv-python", "missing"], ExitCode.USAGE, "missing cannot be run"),
    ],
)
def test_wishes_that_cannot_be_fulfilled_are_refused_before_any_work(
    arguments: list[str], code: ExitCode, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert exit_code_of(["bench", "all", *arguments]) == code
    said = capsys.readouterr().err
    assert words in said
    assert "latency:" not in said
