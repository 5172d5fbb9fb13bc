"""Runs of the command for the tests, in this process, and what every run must leave behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import pytest
from framelift.cli.main import exit_code_of
from framelift.engine.verify import verify

MODEL = "tiny-8"
QUICKLY = ("--model", MODEL, "--threads", "1")


def upscaled(source: Path, output: Path, *options: str) -> Path:
    """Upscales by the command, which must end without a complaint; returns `output`."""
    assert exit_code_of(["upscale", str(source), str(output), *QUICKLY, *options]) == 0
    return output


def kept(source: Path, output: Path, *options: str) -> Path:
    """Upscales by the command; `verify` must find all of the input in the output. Returns `output`."""
    assert verify(source, upscaled(source, output, *options)).findings == ()
    return output


def frames_of(path: Path) -> list[av.VideoFrame]:
    """All frames of the first video stream, by PyAV alone."""
    with av.open(f"file:{path}") as file:
        return list(file.decode(video=0))


def pts_of(path: Path) -> list[tuple[int, float]]:
    """(pts, seconds) of all frames."""
    return [(frame.pts or 0, float(frame.time or 0)) for frame in frames_of(path)]


@contextmanager
def refusal(capfd: pytest.CaptureFixture[str], folder: Path) -> Iterator[list[str]]:
    """The body runs a command that must be refused: its words are in the list afterwards.

    One line `error:` and one line `hint:` are on stderr, no traceback; nothing in `folder` has come or gone.
    """
    before, words = _contents(folder), list[str]()
    capfd.readouterr()
    yield words
    lines = capfd.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines[-2:]] == ["error", "hint"], lines
    assert sum(line.startswith(("error:", "hint:")) for line in lines) == 2, lines
    assert not any("Traceback" in line for line in lines), lines
    assert _contents(folder) == before
    words += lines


def _contents(folder: Path) -> set[tuple[str, int]]:
    return {(path.name, path.lstat().st_mtime_ns) for path in folder.rglob("*")}
