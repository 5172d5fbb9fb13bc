"""The clips that are measured: H.264 as live video is, no frame of which refers to a later one; or the user's file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ...engine.errors import UsageError
from ..workloads import Workload, workload_named, write_clip
from .settings import SIZES, Settings

LEAST = 8  # frames
_SIZE = re.compile(r":\d+x\d+")


@dataclass(frozen=True)
class Source:
    """A clip as a file."""

    name: str
    path: Path


def workloads_of(settings: Settings) -> list[Workload]:
    """One of each size. Raises UsageError, InputError."""
    text = settings.clip
    named = workload_named(text)
    if named.path is not None and settings.sizes:
        raise UsageError(f"{named.name} is a file and has its own size", "leave --size out")
    if settings.sizes and _SIZE.search(text):
        raise UsageError(f"--clip {text} has a size, and --size gives another", "leave one of them out")
    own = named.path is not None or _SIZE.search(text)
    sizes = settings.sizes or SIZES
    workloads = [named] if own else [workload_named(f"{text}:{width}x{height}") for width, height in sizes]
    if named.frames < LEAST:
        raise UsageError(f"{named.name} has {named.frames} frames", f"measure a clip of {LEAST} or more")
    return workloads


def source_of(workload: Workload, folder: Path) -> Source:
    """Written to `folder` unless it is a file."""
    if workload.path is not None:
        return Source(workload.name, workload.path)
    options = {"crf": "18", "bf": "0"}  # no B-frames
    path = write_clip(folder / f"{workload.stem}.mp4", workload.pictures(), workload.rate, options=options)
    return Source(workload.name, path)
