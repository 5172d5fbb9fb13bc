"""What measures: rendered clips, the demo, reports, the table of all files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from clips import Clip, truncated, write_clip
from framelift.benchmarks.demo import make_demo
from framelift.benchmarks.files import Examined, Outcome, markdown
from framelift.benchmarks.report import read_report
from framelift.benchmarks.workloads import Clip as Scene
from framelift.cli.main import exit_code_of
from framelift.engine.errors import ExitCode, InputError, OutputError
from framelift.engine.media import probe

SCENE = Scene(width=64, height=48, frames=3)


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
