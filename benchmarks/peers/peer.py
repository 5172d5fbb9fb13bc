"""What a peer is to the bench, and what stands for one that is not there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from ..cases import case_name
from .formats import PixFmt
from .running import FileJob, FileRun, Job, Opened, Running

ELSEWHERE: Final = "the same network elsewhere"
Group = Literal["framelift", "the same network elsewhere", "other networks", "interpolation"]


@dataclass(frozen=True, eq=False)
class Peer:
    """One way to enlarge the clip."""

    model: str  # as `cases.model_name` gives it, or what stands for one
    backend: str
    precision: str  # the same word as `backend` where there is nothing to say
    group: Group
    pix_fmt: PixFmt  # of frames in and out
    opened: Callable[[Job], Opened]
    """Raises PeerFailed."""
    file: Callable[[Running, FileJob], FileRun]
    """From file to file, by itself or with our decoder and encoder around it. Raises PeerFailed."""
    hint: str = "measure without it"  # what to do where it fails

    @property
    def name(self) -> str:
        """Its case, without size and threads."""
        return f"{self.model}, {' '.join(dict.fromkeys((self.backend, self.precision)))}"

    def case(self, size: tuple[int, int], threads: int | None = None) -> str:
        """Its name in the report."""
        return case_name(self.model, self.backend, self.precision, size, threads)


@dataclass(frozen=True)
class Absent:
    """A peer that was not measured, why, and what to do about it."""

    name: str
    reason: str
    hint: str


Found = list[Peer | Absent]
