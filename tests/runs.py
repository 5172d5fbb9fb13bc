"""Runs of the command for the tests, in this process, and what every run must leave behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import av
import pytest
from av.sidedata.sidedata import SideData, Type
from framelift.cli.main import exit_code_of
from framelift.engine.verify import verify

MODEL = "tiny-16"
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


def side_data_of(frame: av.VideoFrame) -> dict[Type, bytes]:
    """What comes beside the picture, by kind."""
    # PyAV's stub takes the container for a dictionary.
    return {entry.type: bytes(entry) for entry in cast("Iterable[SideData]", frame.side_data)}


def names_in(folder: Path) -> list[str]:
    """What lies in a folder, hidden files too, sorted."""
    return sorted(path.name for path in folder.iterdir())


def framelift(*arguments: str, before: str = "", stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    """The command in a process of its own; `before` is Python that runs first."""
    start = f"{before}\nfrom framelift.cli.main import main\nmain()"
    return subprocess.Popen([sys.executable, "-c", start, *arguments], stdout=subprocess.PIPE, stderr=stderr, text=True)


@contextmanager
def refusal(capfd: pytest.CaptureFixture[str], folder: Path) -> Iterator[list[str]]:
    """The body runs a command that must be refused: its two lines are in the list afterwards.

    They are all that is on stderr, and nothing in `folder` has come, gone or changed.
    """
    before, words = _contents(folder), list[str]()
    capfd.readouterr()
    yield words
    words += capfd.readouterr().err.splitlines()
    assert_two_lines(words)
    assert _contents(folder) == before


def assert_two_lines(words: list[str]) -> None:
    """One line says what is wrong and one what to do, and there is no other."""
    assert [line.split(":")[0] for line in words] == ["error", "hint"], words


def _contents(folder: Path) -> set[tuple[str, int]]:
    return {(str(path), path.lstat().st_mtime_ns) for path in folder.rglob("*")}
