"""`framelift bench all`: parts one after the other, of which one may fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from framelift.benchmarks.everything import parts
from framelift.benchmarks.everything.measure import measure
from framelift.benchmarks.everything.parts import Part
from framelift.benchmarks.everything.settings import PARTS, Settings
from framelift.benchmarks.pages.contents import markdown
from framelift.benchmarks.quality.settings import Settings as Quality
from framelift.benchmarks.report import Report, read_report, write_report
from framelift.cli.main import exit_code_of
from framelift.engine.errors import ExitCode, InputError, UsageError


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two short parts: one that works, and one that has nothing to work on."""
    works = Quality(models=("tiny-8-x2",), clips=("natural:128x96:8f",), parts=("clips",))
    fails = Quality(pictures=(tmp_path / "nowhere",), parts=("pictures",))
    needs = Part("live", None, ("no_such_module_here",), "framelift[live]")
    made = {"quality": Part("quality", works), "peers": Part("quality", fails), "live": needs}
    monkeypatch.setattr(parts, "PARTS", {name: lambda _, part=part: part for name, part in made.items()})
    monkeypatch.setattr("framelift.benchmarks.everything.measure.PARTS", parts.PARTS)


@pytest.mark.usefixtures("small")
def test_a_part_that_cannot_run_costs_the_others_nothing(tmp_path: Path) -> None:
    kept: list[int] = []
    report = measure(Settings(("peers", "quality", "live")), lambda _: None, lambda r: kept.append(len(r["parts"])))
    assert [part["kind"] for part in report["parts"]] == ["quality"]
    assert set(report["refused"]) == {"peers", "live"}
    assert "nowhere" in report["refused"]["peers"]
    assert "no_such_module_here" in report["refused"]["live"]
    assert report["complete"]
    assert kept[0] == 0
    assert kept[-1] == 1
    write_report(report, tmp_path / "all.json")
    text = markdown(read_report(tmp_path / "all.json"))
    assert "| live |" in text
    assert "it needs no_such_module_here" in text
    assert "tiny-8-x2" in text, "the part's own tables"


@pytest.mark.usefixtures("small")
def test_an_interrupted_part_is_kept() -> None:
    report: Report = {}

    def keep(so_far: Report) -> None:
        report.update(json.loads(json.dumps(so_far)))
        if so_far["parts"]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(Settings(("quality",)), lambda _: None, keep)
    assert [part["kind"] for part in report["parts"]] == ["quality"]
    assert not report["complete"]
    assert "Interrupted" in markdown(report)


def test_wishes_are_looked_at_before_any_work(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="'speed'"):
        Settings(("speed",))
    with pytest.raises(InputError, match="nowhere"):
        measure(Settings(PARTS, weights=tmp_path / "nowhere"), pytest.fail)
    assert exit_code_of(["bench", "all", "--part", "speed"]) == ExitCode.USAGE
    assert "latency, pipeline, quality, peers, live" in capfd.readouterr().err
