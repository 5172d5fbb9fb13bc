"""Pictures for the tests, made and read by FFmpeg's own description of their pixel format, not by the engine's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import av
import numpy as np
from av.video.format import VideoFormat
from av.video.format import names as format_names  # type: ignore[attr-defined]  # the stub lacks it
from numpy.typing import NDArray

Samples = NDArray[Any]


def _is_planar(name: str) -> bool:
    """Whether each component has a plane of its own and all have 8 to 16 bits, little endian, in the lower bits."""
    described = VideoFormat(name)
    bits, planes = {c.bits for c in described.components}, {c.plane for c in described.components}
    other = (
        described.is_big_endian or described.has_palette or "msb" in name or "f16" in name or name.startswith("yuvj")
    )
    return len(planes) == len(described.components) > 0 and len(bits) == 1 and 8 <= min(bits) <= 16 and not other


FORMATS = sorted(format_names)
PLANAR_FORMATS = sorted(filter(_is_planar, FORMATS))
"""All that FFmpeg has."""


def samples_of(frame: av.VideoFrame) -> list[Samples]:
    """A copy of each plane of a planar frame, [rows, columns] uint8 or uint16."""
    return [view.copy() for view in _views(frame)]


def frame_of(pix_fmt: str, width: int, height: int, planes: Sequence[Any]) -> av.VideoFrame:
    """A frame with these samples in its planes; a number fills its plane."""
    frame = av.VideoFrame(width, height, pix_fmt)
    for view, plane in zip(_views(frame), planes, strict=True):
        view[:] = plane
    return frame


def noise(pix_fmt: str, width: int, height: int, seed: int = 0) -> av.VideoFrame:
    """A frame of random samples that use all codes of the format."""
    frame = av.VideoFrame(width, height, pix_fmt)
    rng = np.random.default_rng(seed)
    codes = 1 << frame.format.components[0].bits
    for view in _views(frame):
        view[:] = rng.integers(0, codes, view.shape)
    return frame


def ramps(pix_fmt: str, width: int, height: int, seed: int = 0) -> av.VideoFrame:
    """A smooth frame in the middle of the codes, a slope in each plane."""
    frame = av.VideoFrame(width, height, pix_fmt)
    rng = np.random.default_rng(seed)
    codes = 1 << frame.format.components[0].bits
    for view in _views(frame):
        y, x = np.mgrid[: view.shape[0], : view.shape[1]]
        across, down = rng.uniform(-0.15, 0.15, 2) * codes / np.array(view.shape[::-1])
        view[:] = codes * 0.45 + across * x + down * y
    return frame


def _views(frame: av.VideoFrame) -> list[Samples]:
    dtype = np.uint8 if frame.format.components[0].bits == 8 else np.uint16
    views = []
    for plane in frame.planes:
        rows: Samples = np.frombuffer(memoryview(plane), dtype)
        stride = plane.line_size // rows.itemsize
        views.append(rows[: plane.height * stride].reshape(plane.height, stride)[:, : plane.width])
    return views
