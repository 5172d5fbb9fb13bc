"""Pixel formats, sizes and codecs, end to end: what comes out is larger, as deep, and the same picture."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import BT709, Clip, write_clip
from framelift.cli.main import exit_code_of
from frames import Samples, ramps, samples_of
from runs import QUICKLY, frames_of, kept, refusal, upscaled

SMALL = {"width": 48, "height": 32, "frames": 4}
LIMITED = BT709


def depth_of(frame: av.VideoFrame) -> int:
    return frame.format.components[0].bits


def has_alpha(path: Path) -> bool:
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        return stream.metadata.get("alpha_mode") == "1" or any(c.is_alpha for c in stream.format.components)


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "source", "outputs", "written"),
    [
        ("libx264", "yuv420p", "mp4", "mkv mp4 mov webm ts", "yuv420p"),
        ("libx264", "yuv422p", "mkv", "mkv mp4 mov webm ts", "yuv422p"),
        ("libx264", "yuv444p", "mp4", "mkv mp4 mov webm ts", "yuv444p"),
        ("libx264", "yuv420p10le", "mkv", "mkv mp4 mov ts", "yuv420p10le"),
        ("libx264", "yuv422p10le", "mov", "mkv mp4 mov ts", "yuv422p10le"),
        ("libx264", "yuv444p10le", "mkv", "mkv mp4 mov ts", "yuv444p10le"),
        ("libx265", "yuv420p12le", "mp4", "mkv mp4 mov ts", "yuv420p12le"),
        ("libx265", "yuv422p12le", "mkv", "mkv mp4", "yuv422p12le"),
        ("libx265", "yuv444p12le", "mkv", "mkv mp4", "yuv444p12le"),
        ("mjpeg", "yuvj420p", "mov", "mkv mp4 webm", "yuvj420p"),
        ("rawvideo", "nv12", "nut", "mkv mp4 webm", "yuv420p"),
        ("rawvideo", "yuyv422", "nut", "mkv mp4", "yuv422p"),
        ("ffv1", "yuv410p", "mkv", "mkv", "yuv410p"),
        ("ffv1", "yuv411p", "mkv", "mkv", "yuv411p"),
        ("ffv1", "yuv440p", "mkv", "mkv webm", "yuv440p"),
        ("ffv1", "yuv420p9le", "mkv", "mkv", "yuv420p9le"),
        ("ffv1", "yuv420p16le", "mkv", "mkv", "yuv420p16le"),
        ("ffv1", "gray", "mkv", "mkv mp4 mov ts", "gray"),
        ("ffv1", "gray10le", "mkv", "mkv mp4", "gray10le"),
        ("ffv1", "gray12le", "mkv", "mkv mp4", "gray12le"),
        ("ffv1", "gray16le", "mkv", "mkv", "gray16le"),
        ("ffv1", "bgr0", "mkv", "mkv mp4 mov webm", "gbrp"),
        ("qtrle", "rgb24", "mov", "mkv mp4", "gbrp"),
        ("ffv1", "gbrp10le", "mkv", "mkv mp4", "gbrp10le"),
        ("ffv1", "gbrp12le", "mkv", "mkv mp4", "gbrp12le"),
        ("ffv1", "rgb48le", "mkv", "mkv", "gbrp16le"),
        ("ffv1", "bgra", "mkv", "mkv", "bgra"),
        ("gif", "rgb8", "gif", "mkv", "bgra"),
        ("ffv1", "yuva420p", "mkv", "mkv webm", "yuva420p"),
        ("libvpx-vp9", "yuva420p", "webm", "webm mkv", "yuva420p"),
        ("prores_ks", "yuva444p10le", "mov", "mkv mov", "yuva444p12le"),
    ],
)
def test_formats_are_kept(tmp_path: Path, codec: str, pix_fmt: str, source: str, outputs: str, written: str) -> None:
    colour = LIMITED if pix_fmt.startswith("yuv4") else Clip().colour
    clip = write_clip(tmp_path / f"in.{source}", Clip(codec=codec, pix_fmt=pix_fmt, colour=colour, **SMALL))
    depth = depth_of(frames_of(clip)[0])
    for suffix in outputs.split():
        output = kept(clip, tmp_path / f"out.{suffix}")
        first = frames_of(output)[0]
        assert (first.width, first.height) == (96, 64)
        assert depth_of(first) >= depth
        assert first.format.name == written
