"""Reports as files: what each says of itself, written whole or not at all, and kept when a bench is interrupted."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from framelift.benchmarks.report import add, add_model, finish, new_report, read_report, write_report, write_text
from framelift.benchmarks.statistics.calibration import Calibration
from framelift.benchmarks.statistics.measurement import Measurement, measurements_of
from framelift.benchmarks.statistics.overhead import Overhead
from framelift.benchmarks.tables import head
from framelift.engine.errors import OutputError
from framelift.engine.model import load_model
from runs import assert_two_lines, framelift

BOUND = 60  # seconds that nothing here should take


@dataclass(frozen=True)
class Settings:
    place: Path = Path("clip.mkv")
    sizes: tuple[tuple[int, int], ...] = ((640, 360),)
    seed: int | None = None


def measurement(case: str = "case", metric: str = "frame") -> Measurement:
    return Measurement(case, metric, "ms", "lower", ((1.0, 2.0), (3.0,)))


def test_a_report_says_how_it_was_made_and_how_far_to_trust_it(tmp_path: Path) -> None:
    report = new_report("cpu", "framelift bench cpu", asdict(Settings()))
    assert (report["schema"], report["kind"], report["complete"]) == (2, "cpu", False)
    assert report["settings"] == {"place": "clip.mkv", "sizes": [[640, 360]], "seed": None}
    assert {"cpu", "cores", "memory", "system", "load"} <= report["machine"].keys()
    assert {"python", "av", "numpy", "onnxruntime", "libavcodec"} <= report["versions"].keys()
    assert {"name", "step_ns", "reading_ns"} <= report["clock"].keys()
    add(report, measurement())
    add(report, measurement(metric="decode"))
    add_model(report, load_model("tiny-16-x2"))
    calibration = Calibration()
    calibration.take()
    finish(report, calibration, Overhead(0.001, 0.002))
    write_report(report, tmp_path / "report.json")
    again = read_report(tmp_path / "report.json")
    assert again == report
    assert measurements_of(again) == [measurement(), measurement(metric="decode")]
    shown = head("Title", again, ["a fact"])
    assert "- a fact" in shown
    assert "1.0 us a frame, 0.20% of the fastest case" in shown
    assert "Interrupted" not in shown
    assert "above 1%" not in shown
    assert "**above 1%**" in head("Title", again | {"overhead": {"ms": 0.1, "share": 0.02}}, [])
    assert len(again["models"]["tiny-16-x2"]) == 64


def test_what_is_not_finished_says_so() -> None:
    report = new_report("cpu", "framelift bench cpu", {})
    assert "**Interrupted" in head("Title", report, [])
    finish(report)
    assert "Interrupted" not in head("Title", report, [])


def test_nothing_is_measured_twice() -> None:
    report = new_report("cpu", "framelift bench cpu", {})
    add(report, measurement())
    with pytest.raises(ValueError, match="case, frame: measured twice"):
        add(report, measurement())


def test_what_is_written_again_replaces_it_whole(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    write_text("long" * 1000, file)
    with file.open() as whoever_reads_it:
        write_text("short", file)
        assert whoever_reads_it.read() == "long" * 1000
    assert file.read_text() == "short"
    link = tmp_path / "link.json"
    link.symlink_to(file)
    write_text("through a link", link)
    assert link.is_symlink()
    assert file.read_text() == "through a link"
    assert {path.name for path in tmp_path.iterdir()} == {"report.json", "link.json"}
    write_text("nowhere", Path("/dev/null"))
    assert Path("/dev/null").is_char_device()


def test_what_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_text("text", tmp_path / "missing" / "report.json")


def wait_for(run: subprocess.Popen[str], file: Path) -> None:
    """Returns when there is `file`; fails when the run ends before."""
    ends = time.monotonic() + BOUND
    while not file.exists():
        with pytest.raises(subprocess.TimeoutExpired):  # it goes on
            run.wait(timeout=0.02)
        assert time.monotonic() < ends


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_what_was_measured_until_an_interruption_is_kept(by: signal.Signals, tmp_path: Path) -> None:
    file, document = tmp_path / "report.json", tmp_path / "report.md"
    words = "--network c4x2 --runtime onnxruntime --size 32x32 --size 640x360 --threads 1 --repeat 15"
    run = framelift("bench", "cpu", *words.split(), "--json", str(file), "--markdown", str(document))
    wait_for(run, document)
    run.send_signal(by)
    shown, said = run.communicate(timeout=BOUND)
    assert run.returncode == 130
    assert_two_lines(said.splitlines()[-2:])
    assert f"what was measured until then stands in {file}" in said
    report = read_report(file)
    assert not report["complete"]
    assert {row["input_size"][0] for row in report["rows"]} == {32}
    assert shown == document.read_text()
    assert "**Interrupted" in shown
    assert {path.name for path in tmp_path.iterdir()} == {"report.json", "report.md"}
    assert json.loads(file.read_text())["measurements"]


def test_an_interruption_before_anything_was_measured_says_that(tmp_path: Path) -> None:
    run = framelift("bench", "cpu", "--network", "c4x2", "--json", str(tmp_path / "report.json"))
    assert run.stderr is not None
    assert run.stderr.readline() == "measuring what the machine gives at most\n"
    run.send_signal(signal.SIGINT)
    said = run.communicate(timeout=BOUND)[1]
    assert run.returncode == 130
    assert "interrupted before anything was measured" in said
    assert not list(tmp_path.iterdir())
