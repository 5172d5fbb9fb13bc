"""The command and the library as documented: what goes in, what comes out, and what is said about it."""

from __future__ import annotations

import json
import os
import pty
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from clips import BT709, Chapter, Clip, Sound, Text, damaged, write_clip
from framelift import engine
from framelift.cli.main import exit_code_of
from framelift.engine import InputError, Upscaler, UsageError, available_models, enlarge, upscale
from framelift.engine.encoders import EncodeSettings
from framelift.engine.model import scales_of
from framelift.engine.plan import Options
from framelift.engine.verify import verify
from runs import MODEL, QUICKLY, framelift, frames_of, kept, refusal

SMALL = Clip(width=64, height=48, frames=4, colour=BT709)


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    folder.mkdir()
    write_clip(folder / "a.mkv", SMALL)
    write_clip(folder / "b.mp4", replace(SMALL, frames=3))
    write_clip(folder / "c.avi", replace(SMALL, frames=5))
    (folder / "notes.txt").write_text("no video")
    return folder


def fields(value: object) -> object:
    """The shape of a JSON document: its keys, and the types of what they hold."""
    if isinstance(value, dict):
        return {key: fields(held) for key, held in value.items()}
    return [fields(value[0])] if isinstance(value, list) and value else type(value).__name__


# ---- many files


def test_a_folder_becomes_a_folder(tmp_path: Path, clips: Path) -> None:
    assert exit_code_of(["upscale", str(clips), str(tmp_path / "new" / "out"), *QUICKLY]) == 0
    made = sorted((tmp_path / "new" / "out").iterdir())
    assert [path.name for path in made] == ["a.mkv", "b.mp4", "c.mkv"]
    for path in made:
        source = next(clips.glob(f"{path.stem}.*"))
        assert verify(source, path).ok


def test_a_quoted_pattern_becomes_a_folder(tmp_path: Path, clips: Path) -> None:
    assert exit_code_of(["upscale", str(clips / "[ab].*"), str(tmp_path / "out"), *QUICKLY]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.mkv", "b.mp4"]


def test_a_file_goes_into_a_folder_that_is_there(tmp_path: Path, clips: Path) -> None:
    (tmp_path / "out").mkdir()
    assert exit_code_of(["upscale", str(clips / "c.avi"), str(tmp_path / "out"), *QUICKLY]) == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["c.mkv"]


def test_a_bad_file_among_many_does_not_end_the_others(
    tmp_path: Path, clips: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (clips / "b.mp4").write_text("no video after all")
    report = tmp_path / "report.json"
    assert exit_code_of(["upscale", str(clips), str(tmp_path / "out"), *QUICKLY, "--json", str(report)]) == 3
    lines = capfd.readouterr().err.splitlines()
    assert [line[:5] for line in lines].count("error") == [line[:4] for line in lines].count("hint") == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.mkv", "c.mkv"]
    files = json.loads(report.read_text())["files"]
    assert [file["exit_code"] for file in files] == [0, 3, 0]
    assert set(files[1]) == {"input", "error", "hint", "exit_code"}


def test_two_inputs_for_one_output_are_refused(tmp_path: Path, clips: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_clip(clips / "a.avi", SMALL)
    with refusal(capfd, tmp_path):
        assert exit_code_of(["upscale", str(clips), str(tmp_path / "out"), *QUICKLY]) == 2


# ---- what is said


def test_the_report_has_its_documented_shape(tmp_path: Path, clips: Path) -> None:
    report = tmp_path / "report.json"
    arguments = ["upscale", str(clips / "a.mkv"), str(tmp_path / "out.mkv"), *QUICKLY, "--json", str(report)]
    assert exit_code_of(arguments) == 0
    document = json.loads(report.read_text())
    stage = dict.fromkeys(("p50", "p95", "p99", "mean", "share", "starved", "blocked"), "float")
    expected = {
        "schema": "int",
        "input": "str",
        "output": "str",
        "model": "str",
        "scale": "int",
        "precision": "str",
        "backend": "str",
        "backend_reason": "str",
        "encoder": "str",
        "encoder_reason": "str",
        "input_size": ["int"],
        "output_size": ["int"],
        "frames": "int",
        "kept_share": "float",
        "seconds": "float",
        "fps": "float",
        "stages": dict.fromkeys(("decode", "prepare", "upscale", "finish", "encode"), stage),
        "limiting_stage": "str",
        "memory_peak": "int",
        "damage": "NoneType",
        "notes": "list",
        "exit_code": "int",
    }
    assert document["schema"] == 1
    assert fields(document["files"]) == [expected]
    entry = document["files"][0]
    assert (entry["frames"], entry["input_size"], entry["output_size"]) == (4, [64, 48], [128, 96])
    assert entry["limiting_stage"] in entry["stages"]
    assert 10_000_000 < entry["memory_peak"] < 4_000_000_000


@pytest.mark.parametrize(("report", "code"), [("nowhere/r.json", 5), ("clips/a.mkv", 2), ("out.mkv", 2)])
def test_a_report_without_a_place_is_refused_before_the_run(
    tmp_path: Path, clips: Path, capfd: pytest.CaptureFixture[str], report: str, code: int
) -> None:
    arguments = ["upscale", str(clips / "a.mkv"), str(tmp_path / "out.mkv"), *QUICKLY, "--json", str(tmp_path / report)]
    with refusal(capfd, tmp_path):
        assert exit_code_of(arguments) == code


def test_a_dry_run_tells_all_and_writes_nothing(tmp_path: Path, clips: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = write_clip(
        clips / "rich.mkv",
        replace(SMALL, sounds=(Sound(),), texts=(Text(),), chapters=(Chapter(0, 100, "one"),)),
    )
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert exit_code_of(["upscale", str(source), str(tmp_path / "out.mp4"), *QUICKLY, "--dry-run"]) == 0
    said = capfd.readouterr().out
    for words in ("64x48", "128x96", "libx264", MODEL, "subrip convert to mov_text", "audio aac copy", "GB"):
        assert words in said
    assert exit_code_of(["upscale", str(clips), str(tmp_path / "out"), *QUICKLY, "--dry-run"]) == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_previews_show_bicubic_beside_the_model(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, frames=12))
    assert exit_code_of(["upscale", str(source), str(tmp_path / "out.mkv"), *QUICKLY, "--preview", "3"]) == 0
    names = [f"out-preview-{number}.png" for number in (1, 2, 3)]
    assert [Path(line).name for line in capfd.readouterr().out.splitlines()] == names
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mkv", *names]
    pictures = [frames_of(tmp_path / name)[0].to_ndarray(format="rgb24").astype(int) for name in names]
    for picture in pictures:
        assert picture.shape == (96, 256, 3)
        apart = np.abs(picture[:, :128] - picture[:, 128:])
        assert 0 < apart.mean() < 10
    assert np.abs(pictures[0] - pictures[2]).mean() > 1  # of different moments


def test_a_run_says_what_it_chose_and_did(tmp_path: Path, clips: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["upscale", str(clips / "a.mkv"), str(tmp_path / "out.mkv"), *QUICKLY]) == 0
    said = capfd.readouterr()
    assert "4 frames" in said.out
    assert "native" in said.err
    assert "libx264" in said.err


def test_damage_is_told_and_has_its_own_exit_code(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = write_clip(tmp_path / "whole.mkv", replace(SMALL, frames=40, options={"g": "4"}))
    source, report = damaged(whole, tmp_path / "in.mkv", size=200), tmp_path / "report.json"
    arguments = ["upscale", str(source), str(tmp_path / "out.mkv"), *QUICKLY, "--json", str(report)]
    assert exit_code_of(arguments) == 6
    assert "warning: the input is damaged" in capfd.readouterr().err
    entry = json.loads(report.read_text())["files"][0]
    assert entry["exit_code"] == 6
    assert entry["damage"]


# ---- the other commands


def test_probe_prints_json(clips: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = write_clip(clips / "rich.mkv", replace(SMALL, sounds=(Sound(language="eng"),), metadata={"title": "T"}))
    assert exit_code_of(["probe", str(source)]) == 0
    facts = json.loads(capfd.readouterr().out)
    assert facts["video"]["size"] == [64, 48]
    assert facts["video"]["colour"]["matrix"] == 1
    assert facts["tags"]["title"] == "T"
    assert [(track["type"], track["codec"]) for track in facts["tracks"]] == [("audio", "aac")]
    assert exit_code_of(["probe", str(clips / "notes.txt")]) == 3


def test_models_are_listed(capfd: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["models"]) == 0
    table = capfd.readouterr().out
    assert all(name in table for name in available_models())
    assert exit_code_of(["models", "--json"]) == 0
    assert [model["name"] for model in json.loads(capfd.readouterr().out)] == list(available_models())
    assert exit_code_of(["models", f"{MODEL}-x2"]) == 0
    assert json.loads(capfd.readouterr().out)["scale"] == 2
    assert exit_code_of(["models", "nobody"]) == 4


def test_verify_prints_json_and_says_no(tmp_path: Path, clips: Path, capfd: pytest.CaptureFixture[str]) -> None:
    output = kept(clips / "a.mkv", tmp_path / "out.mkv")
    capfd.readouterr()
    assert exit_code_of(["verify", str(clips / "a.mkv"), str(output)]) == 0
    report = json.loads(capfd.readouterr().out)
    assert report["ok"] is True
    assert report["findings"] == []
    assert exit_code_of(["verify", str(clips / "b.mp4"), str(output)]) == 1
    report = json.loads(capfd.readouterr().out)
    assert report["ok"] is False
    assert "frames.count" in {finding["check"] for finding in report["findings"]}
    assert exit_code_of(["verify", str(clips / "a.mkv"), str(tmp_path / "none.mkv")]) == 3


def test_help_names_every_command_and_option(capfd: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["--help"]) == 0
    said = capfd.readouterr().out
    for command in ("upscale", "probe", "verify", "models", "demo", "train", "evaluate", "export", "bench"):
        assert command in said
    assert exit_code_of(["upscale", "--help"]) == 0
    said = capfd.readouterr().out
    options = (
        "scale height width model model-range model-order backend threads tile codec crf preset pix-fmt deinterlace "
        "stream overwrite drop-unsupported dry-run preview json"
    )
    for option in options.split():
        assert f"--{option}" in said


# ---- in a process of its own


def test_the_command_runs_and_keeps_its_streams_apart(tmp_path: Path, clips: Path) -> None:
    run = framelift("upscale", str(clips / "a.mkv"), str(tmp_path / "out.mkv"), *QUICKLY)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0
    assert out.splitlines()[0].startswith(str(tmp_path / "out.mkv"))
    assert len(out.splitlines()) == len(err.splitlines()) == 1  # no bar where there is no terminal
    assert verify(clips / "a.mkv", tmp_path / "out.mkv").ok


def test_a_terminal_shows_a_bar(tmp_path: Path, clips: Path) -> None:
    for source in (clips / "a.mkv", clips / "b.mp4"):
        ours, theirs = pty.openpty()
        run = framelift("upscale", str(source), str(tmp_path / f"{source.stem}.mkv"), *QUICKLY, stderr=theirs)
        os.close(theirs)
        assert run.communicate(timeout=60)[0]
        assert run.returncode == 0
        shown = os.read(ours, 1 << 20).decode()
        os.close(ours)
        frames = len(frames_of(source))
        assert source.name in shown
        assert f"{frames}/{frames}" in shown
        assert " fps, " in shown
        assert " limits" in shown


@pytest.mark.parametrize("codec", ["libx264", "libx265", "libsvtav1", "libvpx-vp9", "ffv1"])
def test_no_library_chatters(tmp_path: Path, clips: Path, codec: str) -> None:
    run = framelift("upscale", str(clips / "a.mkv"), str(tmp_path / "out.mkv"), *QUICKLY, "--codec", codec)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0
    assert err.startswith("native: ")
    assert len(err.splitlines()) == len(out.splitlines()) == 1


def test_debug_shows_where_an_error_comes_from(tmp_path: Path) -> None:
    for arguments, shown in (((), False), (("--debug",), True)):
        run = framelift(*arguments, "upscale", str(tmp_path / "none.mkv"), str(tmp_path / "out.mkv"))
        err = run.communicate(timeout=60)[1]
        assert run.returncode == 3
        assert ("Traceback" in err) is shown
        assert [line.split(":")[0] for line in err.splitlines()[-2:]] == ["error", "hint"]


def test_torch_is_not_needed(tmp_path: Path, clips: Path) -> None:
    without = "import sys; sys.modules['torch'] = sys.modules['cv2'] = None"
    run = framelift("upscale", str(clips / "a.mkv"), str(tmp_path / "out.mkv"), *QUICKLY, before=without)
    assert run.communicate(timeout=60)[0]
    assert run.returncode == 0


# ---- as a library


def test_upscale_is_one_call(tmp_path: Path, clips: Path) -> None:
    options = Options(model=MODEL, encode=EncodeSettings(codec="ffv1"))
    report = upscale(clips / "a.mkv", tmp_path / "out.mkv", scale=2, options=options)
    assert (report.frames, report.output_size, report.encoder, report.damage) == (4, (128, 96), "ffv1", None)
    assert verify(clips / "a.mkv", tmp_path / "out.mkv").ok
    taller = upscale(str(clips / "a.mkv"), str(tmp_path / "tall.mkv"), height=120, options=options)
    assert taller.output_size == (160, 120)


def test_errors_are_typed(tmp_path: Path, clips: Path) -> None:
    with pytest.raises(InputError, match="no such file") as error:
        upscale(tmp_path / "none.mkv", tmp_path / "out.mkv")
    assert error.value.hint
    with pytest.raises(UsageError):
        upscale(clips / "a.mkv", tmp_path / "out.xyz")
    assert not (tmp_path / "out.mkv").exists()


@pytest.mark.parametrize("pix_fmt", ["rgb24", "yuv420p", "yuv444p10le", "gray", "rgba", "nv12"])
def test_a_single_picture_is_enlarged(pix_fmt: str) -> None:
    y, x = np.mgrid[:48, :64]
    picture = av.VideoFrame.from_ndarray(np.stack([4 * x, 5 * y, 2 * (x + y)], axis=-1).astype(np.uint8), "rgb24")
    picture = picture.reformat(format=pix_fmt)
    larger = enlarge(picture, MODEL)
    assert (larger.width, larger.height) == (128, 96)
    plain = picture.reformat(128, 96, "rgb24", interpolation="BICUBIC").to_ndarray().astype(int)
    assert np.abs(larger.to_ndarray(format="rgb24").astype(int) - plain).mean() < 3


def test_every_public_name_is_there() -> None:
    assert all(hasattr(engine, name) for name in engine.__all__)
    assert {"upscale", "Options", "Upscaler", "enlarge", "probe"} <= set(engine.__all__)
    assert Upscaler.__doc__
    assert scales_of(MODEL)
