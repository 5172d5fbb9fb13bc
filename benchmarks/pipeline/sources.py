"""The clips, as files that people have and as live video is sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...engine.errors import UsageError
from ..workloads import SCENES, Workload, workload_named, write_clip, written
from ..workloads.clip import clip_named

LIVE = {"crf": "18", "tune": "zerolatency"}  # a packet a frame, in order
LIVE_FRAMES = 50  # played again and again


def resized(workload: Workload, size: tuple[int, int], frames: int) -> Workload:
    """The same scene in another size and length. Raises UsageError for a file, which has its own."""
    if workload.path is not None:
        raise UsageError(
            f"{workload.name} is a file: --sizes and --long need a clip that can be rendered in any size",
            f"leave --clip out, or name a scene: {', '.join(SCENES)}",
        )
    width, height = size
    clip = replace(clip_named(workload.name, SCENES), width=width, height=height, frames=frames)
    return workload_named(clip.name)


def source_of(workload: Workload, folder: Path) -> Path:
    """The user's file as it is; a rendered clip as H.264 of good quality, in `folder`."""
    return workload.path or written(workload, folder)


def live_source(workload: Workload, rate: int, folder: Path) -> Path:
    """Its first frames as H.264 of `rate` frames a second, as live video is sent."""
    return write_clip(folder / "live.mp4", workload.first(LIVE_FRAMES).pictures(), rate, options=LIVE)
