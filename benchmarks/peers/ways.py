"""How peers are opened and run around, as `Peer` wants it: the functions that most of them share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .formats import PixFmt
from .process import Process
from .running import FileJob, FileRun, Job, Opened, Running
from .whole import file_around


def in_process(python: Path | None, request: Mapping[str, Any], job: Job) -> Opened:
    """In a process of its own: of another interpreter, or of this one where `python` is None. Raises PeerFailed."""
    return Process(python, {**request, "size": job.size, "scale": job.scale, "threads": job.threads})


def around(pix_fmt: PixFmt, running: Running, job: FileJob) -> FileRun:
    """File to file, with our decoder and encoder. Raises PeerFailed."""
    return file_around(running, pix_fmt, job)
