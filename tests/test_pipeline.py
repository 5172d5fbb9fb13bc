"""The run as a whole, seen from within."""

from __future__ import annotations

import gc
from pathlib import Path

import av
from clips import Clip, write_clip
from framelift.engine import Options, upscale
from runs import MODEL


def test_frames_do_not_pile_up(tmp_path: Path) -> None:
    """Each frame is freed when it is done with, not when the garbage collector comes by."""
    source = write_clip(tmp_path / "in.mkv", Clip(width=64, height=48, frames=90, captions=True))
    gc.collect()
    gc.disable()
    try:
        report = upscale(source, tmp_path / "out.mkv", options=Options(model=MODEL, threads=1))
        alive = sum(type(thing) is av.VideoFrame for thing in gc.get_objects())
    finally:
        gc.enable()
    assert report.frames == 90
    assert alive < 45  # `probe` reads the side data of the first 16, which PyAV 18 keeps so long
