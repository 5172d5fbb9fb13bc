"""What a process and its children use, from /proc (proc(5)): CPU time, memory, threads, open files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_PROC = Path("/proc")
_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Usage:
    """Of a process and all it has started, at one moment."""

    cpu: float  # seconds, of those that still run
    memory: int  # bytes resident
    threads: int
    files: int  # open descriptors, sockets among them
    processes: int

    @classmethod
    def of(cls, pid: int) -> Self:
        """Zeros where there is no such process."""
        found = [usage for each in family_of(pid) if (usage := _usage(each)) is not None]
        sums = [sum(column) for column in zip(*found, strict=True)] if found else [0, 0, 0, 0]
        return cls(sums[0] / _TICKS, sums[1] * _PAGE, sums[2], sums[3], len(found))


def _usage(pid: int) -> tuple[int, int, int, int] | None:
    """Ticks, pages, threads, files; None where it has ended meanwhile."""
    try:
        facts, files = _stat(pid), list((_PROC / str(pid) / "fd").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(facts[11]) + int(facts[12]), int(facts[21]), int(facts[17]), len(files)


def family_of(pid: int) -> list[int]:
    """`pid` and its descendants, those that still run."""
    parents = {}
    for entry in _PROC.iterdir():
        if entry.name.isdecimal():
            try:
                parents[int(entry.name)] = int(_stat(int(entry.name))[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
    family = [pid]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third, the state: the name before it may hold spaces and brackets."""
    return (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
