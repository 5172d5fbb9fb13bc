"""The benchmark of reuse: equal outputs, a report that is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from clips import Clip, write_clip
from framelift.benchmarks.pages.figures import Bars
from framelift.benchmarks.report import Report, read_report
from framelift.benchmarks.reuse.figures import figures
from framelift.benchmarks.reuse.measure import KEPT, WITH, WITHOUT, measure
from framelift.benchmarks.reuse.settings import CLIPS, THREADS, Settings
from framelift.benchmarks.reuse.tables import document as markdown
from framelift.benchmarks.statistics.bootstrap import paired
from framelift.benchmarks.statistics.measurement import Measurement, measurements_of
from framelift.benchmarks.workloads import Clip as Rendered
from framelift.benchmarks.workloads import render, workload_named
from framelift.benchmarks.workloads import write_clip as write_pictures
from framelift.cli.main import exit_code_of
from framelift.engine.errors import ExitCode, UsageError


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Noise, and a file in which nothing moves."""
    file = tmp_path_factory.mktemp("clips") / "still.mkv"
    still = next(render(Rendered(96, 64, frames=1)))
    write_pictures(file, [still] * 24, 24, codec="ffv1", options={})
    said: list[str] = []
    kept: list[int] = []
    settings = Settings(("noise:96x64:24f:24fps", str(file)), ("tiny-8",), frames=24, repeat=2)
    made = measure(settings, said.append, lambda so_far: kept.append(len(so_far["rows"])))
    assert len(said) == 1 + 2 * 2
    assert kept == [2, 4]
    return made


def of_rows(report: Report, metric: str) -> list[Measurement]:
    found = {(m.case, m.metric): m for m in measurements_of(report)}
    return [found[row["case"], metric] for row in report["rows"]]


def test_there_is_a_row_for_each_clip_and_mode(report: Report) -> None:
    clips = [Rendered(96, 64, 24, 24, "noise").name, "still.mkv"]
    assert [(row["clip"], row["mode"], row["threads"]) for row in report["rows"]] == [
        (clip, mode, threads) for clip in clips for mode, threads in THREADS.items()
    ]
    assert {row["model"].removesuffix("-int8") for row in report["rows"]} == {"tiny-8-x2"}


def test_what_stays_is_kept_and_noise_is_not(report: Report) -> None:
    *noise, still, still_in_two = (kept.median for kept in of_rows(report, KEPT))
    assert noise == [0, 0]
    assert still == pytest.approx(23 / 24)  # all but the first frame
    assert still_in_two == pytest.approx(22 / 24)  # each thread's first


def test_each_pass_is_a_turn_and_ratios_are_within_it(report: Report) -> None:
    (plot,) = figures(report)
    assert isinstance(plot, Bars)
    shown = markdown(report)
    for ours, without in zip(of_rows(report, WITH), of_rows(report, WITHOUT), strict=True):
        assert [len(turn) for turn in (*ours.turns, *without.turns)] == [1] * 4
        ratios = sorted(a / b for a, b in zip(ours.values, without.values, strict=True))
        found = paired(without, ours)
        assert found.middle == pytest.approx(sum(ratios) / 2)
        assert f"{100 * (found.middle - 1):+.1f} (" in shown
        assert found.middle in [bar["time"] for bar in plot.rows.values()]
    assert len(report["calibration"]["compute"]) == 2 * 2
    assert report["complete"]


def test_the_command_measures_what_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "--clip screen:64x48:4f --model tiny-8 --model tiny-16 --frames 3 --repeat 1"
    file = tmp_path / "report.json"
    assert exit_code_of(["bench", "reuse", *words.split(), "--json", str(file)]) == ExitCode.DONE
    made = read_report(file)
    assert made["command"] == f"framelift bench reuse {words}"
    document = capsys.readouterr().out
    assert document == markdown(json.loads(json.dumps(made)))
    assert sum(line.startswith(f"| {made['rows'][0]['clip']}, tiny-") for line in document.splitlines()) == 4


def test_what_is_measured_by_default() -> None:
    assert {clip.partition(":")[0] for clip in CLIPS} == {"screen", "camera", "animation", "noise"}
    assert all(workload_named(clip).frames == Settings().frames for clip in Settings().clips)


def test_an_unknown_clip_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["bench", "reuse", "--clip", "abacus"]) == ExitCode.USAGE
    said = capsys.readouterr().err
    assert "'abacus'" in said
    assert "screen" in said


def test_an_unknown_model_is_refused_before_anything_is_rendered(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["bench", "reuse", "--model", "abacus"]) == ExitCode.MODEL
    said = capsys.readouterr().err
    assert "'abacus'" in said
    assert "rendering" not in said


def test_a_clip_of_which_nothing_can_be_kept_is_refused(tmp_path: Path) -> None:
    file = write_clip(tmp_path / "rgb.mkv", Clip(frames=2, codec="ffv1", pix_fmt="gbrp10le"))
    with pytest.raises(UsageError, match=r"nothing of rgb\.mkv \(gbrp10le\)"):
        measure(Settings((str(file),), ("tiny-8",)), lambda _: None)
