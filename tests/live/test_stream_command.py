"""`framelift stream` as a user runs it: what it prints, how it ends, and what a signal leaves behind."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest
from framelift.cli.main import exit_code_of
from runs import assert_two_lines, framelift, names_in, refusal
from stream_clips import BOUND, FPS, Marked, read_marked, write_marked
from stream_rtsp import RtspServer
from waiting import until

QUICKLY = ("--model", "tiny-8", "--threads", "1")


def test_a_file_to_a_file_with_a_report(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = write_marked(tmp_path / "in.mkv", Marked(seconds=1))
    report = tmp_path / "report.json"
    arguments = ["stream", str(source), str(tmp_path / "out.mp4"), *QUICKLY, "--scale", "3", "--json", str(report)]
    assert exit_code_of(arguments) == 0
    out, err = capfd.readouterr()
    assert out.startswith(f"{tmp_path / 'out.mp4'}: ")
    assert err == ""
    written = json.loads(report.read_text())
    assert written["schema"] == 1
    assert written["frames_in"] == FPS == written["frames_out"] + sum(written["dropped"].values())
    assert written["path"]["output"] == [480, 288]
    assert set(written["path"]["added_ms"]) == {"p50", "p95", "p99"}
    assert set(read_marked(tmp_path / "out.mp4").sizes) == {(480, 288)}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_the_normal_end_of_a_live_stream(tmp_path: Path, number: signal.Signals) -> None:
    clip = write_marked(tmp_path / "in.ts", Marked(seconds=60))
    with RtspServer(clip) as server:
        run = framelift("stream", server.url, str(tmp_path / "out.mp4"), *QUICKLY)
        wait_for_partial_output(run, tmp_path)
        run.send_signal(number)
        out, err = run.communicate(timeout=BOUND)
    assert run.returncode == 0, err
    assert "secret" not in out + err
    assert names_in(tmp_path) == ["in.ts", "out.mp4"]
    numbers = read_marked(tmp_path / "out.mp4").numbers
    assert f"{len(numbers)} of" in out


def test_a_file_is_whole_after_a_kill_but_for_its_name(tmp_path: Path) -> None:
    """The process that writes sees the end of its socket, and finishes."""
    source = write_marked(tmp_path / "in.mkv", Marked(seconds=60))
    run = framelift("stream", str(source), str(tmp_path / "out.mp4"), *QUICKLY)
    wait_for_partial_output(run, tmp_path)
    run.kill()
    run.communicate(timeout=BOUND)
    until(lambda: readable(partial_of(tmp_path)), BOUND)
    assert "out.mp4" not in names_in(tmp_path)


def wait_for_partial_output(run: subprocess.Popen[str], folder: Path) -> None:
    """Returns when some frames are written; fails when the run ends before."""
    until(lambda: run.poll() is not None or any(p.stat().st_size > 10_000 for p in folder.glob("*.partial")), BOUND)
    assert run.poll() is None


def partial_of(folder: Path) -> Path:
    return next(folder.glob(".framelift-*.partial"))


def readable(path: Path) -> bool:
    try:
        return len(read_marked(path).numbers) > 0
    except (OSError, ValueError):
        return False


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("none.mkv", "out.mkv"), 3, "no such file"),
        (("ftp://host/x", "out.mkv"), 2, "ftp://"),
        (("in.mkv", "ftp://host/x"), 2, "ftp://"),
        (("in.mkv", "out.xyz"), 2, ".xyz"),
        (("in.mkv", "in.mkv"), 5, "exists"),
        (("in.mkv", "out.mkv", "--codec", "h265"), 2, "h265"),
        (("in.mkv", "out.mkv", "--audio", "loud"), 2, "loud"),
        (("in.mkv", "out.mkv", "--model", "huge"), 4, "huge"),
        (("in.mkv", "out.mkv", "--scale", "7"), 2, "7"),
        (("in.mkv", "out.mkv", "--input-option", "x"), 2, "KEY=VALUE"),
        (("in.mkv", "out.mkv", "--input-option", "nonsense=1"), 2, "nonsense"),
        (("in.mkv", "out.mkv", "--trace", "none/t.json"), 5, "trace"),
        (("in.mkv", "out.mkv", "--json", "none/r.json"), 5, "report"),
    ],
)
def test_what_is_wrong_is_said_in_two_lines(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    word: str,
) -> None:
    write_marked(tmp_path / "in.mkv", Marked(seconds=0.4))
    monkeypatch.chdir(tmp_path)
    with refusal(capfd, tmp_path) as words:
        assert exit_code_of(["stream", *arguments]) == code
    assert word in words[0]


def test_a_source_that_is_lost_ends_with_two_lines_and_a_whole_file(tmp_path: Path) -> None:
    clip = write_marked(tmp_path / "in.ts", Marked(seconds=20))
    with RtspServer(clip) as server:
        run = framelift("stream", server.url, str(tmp_path / "out.mkv"), *QUICKLY, "--give-up-after", "1")
        wait_for_partial_output(run, tmp_path)
    words = run.communicate(timeout=BOUND)[1].splitlines()
    assert run.returncode == 3
    assert_two_lines(words)
    assert read_marked(tmp_path / "out.mkv").numbers
