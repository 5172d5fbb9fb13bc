"""A peer that is open: what is asked of it, whatever it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .apart.serving import Codes


class PeerFailed(Exception):
    """A peer cannot do what is asked, and why: a row of the report, not the end of the run."""


class Running(Protocol):
    """Made ready for frames of one size. All of it raises PeerFailed."""

    @property
    def about(self) -> str:
        """What it is, with its version."""

    @property
    def memory(self) -> int:
        """Bytes that its process held at most; 0 before anything was timed, and where it is not known."""

    def resize(self, size: tuple[int, int]) -> None:
        """Make ready for frames of another width and height."""

    def enlarged(self, frame: Codes) -> Codes:
        """One frame."""

    def times(self, frames: Sequence[Codes], seconds: float) -> list[float]:
        """Milliseconds of each of `frames`, again and again for so long; at least one."""


@dataclass(frozen=True)
class Job:
    """For what a peer is opened."""

    size: tuple[int, int]  # width and height of what it takes
    scale: int
    threads: int


@dataclass(frozen=True)
class FileJob:
    """For what a peer is run file to file."""

    source: Path
    output: Path
    frames: int
    scale: int
    preset: str
    crf: float


@dataclass(frozen=True)
class FileRun:
    """How that went. Memory in bytes: of the whole program, or of the process that enlarges alone; 0: not known."""

    fps: float
    memory: int


Opened = AbstractContextManager[Running]
