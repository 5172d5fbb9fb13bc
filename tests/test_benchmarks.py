"""What measures: rendered clips, the demo, reports, the table of all files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import Clip, truncated, write_clip
from framelift.benchmarks.demo import make_demo
from framelift.benchmarks.documents import markdown as shown
from framelift.benchmarks.files import Examined, Outcome, markdown
from framelift.benchmarks.lettering import LETTERS, draw_text
from framelift.benchmarks.pipeline import Settings, measure
from framelift.benchmarks.render import Clip as Scene
from framelift.benchmarks.render import render
from framelift.benchmarks.report import Report, read_report, write_report
from framelift.benchmarks.sample import PLAIN, take_sample
from framelift.cli.main import exit_code_of
from framelift.engine.errors import ExitCode, InputError, OutputError
from framelift.engine.media import probe
from hypothesis import given
from hypothesis import strategies as st

SCENE = Scene(width=64, height=48, frames=3)
STAGES = {"decode", "prepare", "upscale", "finish", "encode"}
MEGABYTE = 1_000_000


def test_a_scene_is_rendered_alike_each_time() -> None:
    first, again = list(render(SCENE)), list(render(SCENE))
    assert [frame.shape for frame in first] == [(48, 64, 3)] * 3
    np.testing.assert_array_equal(first, again)


def test_another_seed_is_another_scene() -> None:
    assert np.abs(np.subtract(list(render(SCENE)), list(render(replace(SCENE, seed=2))), dtype=np.float32)).mean() > 10


def test_frames_move() -> None:
    first, second, _ = (frame.astype(float) for frame in render(SCENE))
    assert np.abs(first - second).mean() > 1


def test_grain_is_new_in_each_frame_and_as_strong_as_asked() -> None:
    clean, grainy = (np.array(list(render(replace(SCENE, grain=grain))), float) for grain in (0, 4))
    inside = (clean > 30) & (clean < 225)  # where nothing is clipped
    grain = np.where(inside, grainy - clean, np.nan)
    assert np.nanstd(grain) == pytest.approx(4, rel=0.05)
    assert np.nanmean(grain[0] * grain[1]) == pytest.approx(0, abs=0.5)


def test_every_parameter_is_in_the_name() -> None:
    changed: dict[str, Any] = {
        "width": 66,
        "height": 50,
        "frames": 4,
        "rate": 30,
        "pan": 2,
        "zoom": 1,
        "grain": 1,
        "seed": 7,
    }
    names = [SCENE.name, *(replace(SCENE, **{name: value}).name for name, value in changed.items())]
    assert len(set(names)) == len(changed) + 1


@given(st.text(LETTERS + " ", max_size=3), st.integers(-40, 60), st.integers(-40, 60), st.sampled_from([3.0, 9.5]))
def test_text_is_cut_at_the_edges(text: str, left: int, top: int, height: float) -> None:
    part, whole = np.zeros((30, 40, 3), np.float32), np.zeros((130, 200, 3), np.float32)
    draw_text(part, text, left, top, height, (1, 1, 1))
    draw_text(whole, text, left + 50, top + 50, height, (1, 1, 1))
    np.testing.assert_allclose(part, whole[50:80, 50:90], atol=1e-4)


@pytest.mark.parametrize("letter", LETTERS)
def test_letters_differ_and_fill_their_height(letter: str) -> None:
    pictures = {}
    for other in LETTERS:
        pictures[other] = np.zeros((16, 16, 3), np.float32)
        draw_text(pictures[other], other, 2, 2, 12, (1, 1, 1))
    inked = np.flatnonzero(pictures[letter].any(axis=(1, 2)))
    assert inked.min() <= 2
    assert inked.max() >= 13
    assert sum(np.array_equal(pictures[letter], picture) for picture in pictures.values()) == 1


def test_the_demo_beats_bicubic_and_writes_its_files(tmp_path: Path) -> None:
    made = make_demo(tmp_path / "new" / "folder", Scene(width=160, height=96, frames=3))
    assert made.frames == 3
    assert made.gain == pytest.approx(made.psnr - made.psnr_bicubic)
    assert made.gain > 0.5
    assert made.verified.ok
    assert {path.name for path in (tmp_path / "new" / "folder").iterdir()} == {
        "small.mp4", "demo.mp4", "comparison.png",
    }  # fmt: skip
    assert (probe(made.small).video.width, probe(made.large).video.width) == (80, 160)
    assert probe(made.picture).video.width == 3 * 160


def test_the_demo_says_when_its_folder_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        make_demo(tmp_path / "file" / "folder", SCENE)


@pytest.fixture(scope="module")
def report() -> Report:
    """Two runs of one model on a small clip, started by a process that itself holds much memory."""
    held = np.ones(400 * MEGABYTE, np.uint8)
    said: list[str] = []
    made = measure(Settings(clip=replace(SCENE, frames=5), models=("tiny-16",), threads=1, repeat=2), said.append)
    assert len(said) == 1 + 2 * 2
    assert held[-1] == 1
    return made


def test_the_pipeline_report_has_what_is_needed_to_judge_it(report: Report) -> None:
    assert report["schema"] == 1
    assert report["kind"] == "pipeline"
    assert report["command"].startswith("framelift bench pipeline --size 64x48 --frames 5 --model tiny-16 ")
    assert {"date", "commit", "lengths"} <= report.keys()
    assert {"cpu", "cores", "memory", "system", "load"} <= report["machine"].keys()
    assert {"python", "av", "numpy", "onnxruntime", "libavcodec"} <= report["versions"].keys()
    assert [row["case"] for row in report["rows"]] == [PLAIN, "tiny-16"]


def test_a_row_sums_up_its_samples(report: Report) -> None:
    for row in report["rows"]:
        speeds = [sample["fps"] for sample in row["samples"]]
        assert row["fps"] == {"median": pytest.approx(sum(speeds) / 2), "min": min(speeds), "max": max(speeds)}
        assert row["frames"] == 5
        assert (row["input_size"], row["output_size"]) == ([64, 48], [128, 96])
        assert row["stages"] in [sample["stages"] for sample in row["samples"]]
        assert row["limiting_stage"] in row["stages"]
        assert all(0 < times["share"] <= 1 and times["p50"] <= times["p99"] for times in row["stages"].values())
    plain, model = report["rows"]
    assert model["stages"].keys() == model["cpu_ms"].keys() == STAGES
    assert plain["stages"].keys() == STAGES - {"prepare", "finish"}
    assert plain["fps_over_bicubic"]["min"] == plain["fps_over_bicubic"]["max"] == 1


def test_models_and_backends_are_measured_side_by_side() -> None:
    backends = ("auto", "onnxruntime")
    settings = Settings(replace(SCENE, frames=2), backends=backends, preset="ultrafast", repeat=1, reuse=False)
    made = measure(settings, lambda _: None)
    assert "--backend auto --backend onnxruntime --precision auto " in made["command"]
    assert " --no-reuse --preset ultrafast " in made["command"]
    assert [row["case"] for row in made["rows"]] == [PLAIN, "tiny-16, auto", "tiny-16, onnxruntime"]
    assert {row["preset"] for row in made["rows"]} == {"ultrafast"}
    assert made["rows"][2]["backend_reason"].startswith("as asked for")
    assert "; libx264 ultrafast." in shown(made)


def test_precisions_are_cases_of_their_own() -> None:
    cases = Settings(models=("tiny-16", "tiny-16-x2"), precisions=("fp32", "int8")).cases()
    assert list(cases) == ["tiny-16, fp32", "tiny-16, int8", "tiny-16-x2, fp32", "tiny-16-x2, int8"]
    assert [options.precision for options in cases.values()] == ["fp32", "int8"] * 2


def test_memory_is_that_of_the_run_alone(report: Report) -> None:
    for row in report["rows"]:
        assert 20 * MEGABYTE < row["memory_before"] <= row["memory_peak"] < 400 * MEGABYTE


def test_a_report_is_read_back_and_shown(report: Report, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "report.json"
    write_report(report, file)
    assert read_report(file) == json.loads(json.dumps(report))
    assert exit_code_of(["bench", "report", str(file)]) == ExitCode.DONE
    document = capsys.readouterr().out
    assert document == shown(report)
    assert {"## Speed and memory", "## bicubic", "## tiny-16"} <= set(document.splitlines())
    assert all(f"| {stage} | " in document for stage in STAGES)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("not JSON", "not a report"),
        ("[1]", "not a report"),
        ('{"schema": 1, "files": []}', "not a report"),
        ('{"schema": 99, "kind": "pipeline"}', "schema 99"),
    ],
)
def test_what_is_no_report_is_refused(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(InputError, match=words):
        read_report(tmp_path / "report.json")


def test_an_error_in_the_measured_process_arrives_whole(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "clip.mp4", Clip(frames=2))
    with pytest.raises(OutputError, match="is not a folder") as caught:
        take_sample("tiny-16", source, tmp_path / "missing" / "out.mkv", Settings().options("tiny-16", "auto", "auto"))
    assert caught.value.hint


@pytest.mark.parametrize("size", ["640", "640x", "0x0", "641x360", "640x30", "640 x 360"])
def test_sizes_that_cannot_be_rendered_are_refused(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["bench", "pipeline", "--size", size]) == ExitCode.USAGE
    assert "640x360" in capsys.readouterr().err


def test_where_a_report_cannot_go_is_said_before_the_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "missing" / "out")
    assert exit_code_of(["bench", "pipeline", "--json", missing]) == ExitCode.OUTPUT
    assert exit_code_of(["bench", "files", str(tmp_path), "--out", missing]) == ExitCode.OUTPUT
    assert "rendering" not in capsys.readouterr().err


def test_the_table_of_files_names_what_became_of_each(tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    whole = write_clip(folder / "good.mkv", Clip(width=64, height=48, frames=6, pts=(0, 1, 2, 5, 9, 14)))
    truncated(write_clip(tmp_path / "long.mkv", replace(Clip(), frames=40)), folder / "cut.mkv")
    (folder / "notes.txt").write_text("no video")
    (folder / ".hidden").write_text("left out")
    document = tmp_path / "FILES.md"

    assert exit_code_of(["bench", "files", str(folder), "--out", str(document)]) == ExitCode.DONE

    text = document.read_text()
    lines = [line.split(" | ") for line in text.splitlines() if line.startswith("| `")]
    cells = {name.strip("| `"): (what, result, words) for name, what, result, words in lines}
    assert cells.keys() == {"clips/good.mkv", "clips/cut.mkv", "clips/notes.txt"}
    assert cells["clips/good.mkv"] == (
        "h264 64x48 yuv420p, 25 fps, variable rate", "upscaled, verify ok", "6 frames |",
    )  # fmt: skip
    assert "exit code 6" in cells["clips/cut.mkv"][1]
    assert cells["clips/notes.txt"][:2] == ("8 bytes", "refused")
    assert cells["clips/notes.txt"][2].startswith("exit code 3: notes.txt cannot be read as video")
    assert str(tmp_path) not in text
    assert "bench files clips --out FILES.md --model tiny-16 --suffix .mkv" in text
    assert whole.exists()


def test_a_failure_is_counted_and_cannot_break_the_table() -> None:
    rows = [Examined("a/x.mp4", "h264", Outcome.FAILED, "frames.count: 3 | 2\nlost")]
    text = markdown(rows, "command")
    assert "1 failed" in text
    assert r"| `a/x.mp4` | h264 | failed | frames.count: 3 \| 2 lost |" in text


@pytest.mark.parametrize("folder", ["", "missing"])
def test_folders_without_files_are_refused(folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = str(tmp_path.parent / "FILES.md")
    assert exit_code_of(["bench", "files", str(tmp_path / folder), "--out", document]) == ExitCode.INPUT
    assert "folder" in capsys.readouterr().err
