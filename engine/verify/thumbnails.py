"""Small averages of pictures, the common ground on which an input and an upscaled output are compared.

Nothing is converted on the way: what is averaged are the code values, each channel of the format on its own,
so that a wrong range, matrix or plane order shows. Only packed layouts are laid out as planes first.
"""

from __future__ import annotations

from functools import lru_cache

import av
import numpy as np
from numpy.typing import NDArray

LARGEST = 64

Thumbnail = NDArray[np.float32]
"""[channels, rows, columns], 0..1: code values over the largest code. Y, or R G B, or Y U V; then alpha."""


def grid_of(width: int, height: int) -> tuple[int, int]:
    """(rows, columns) of the thumbnails for pictures of this size.

    A cell takes in at least four pixels each way: two of 4:2:0 chroma, both fields of an interlaced picture.
    """
    return min(LARGEST, max(1, height // 4)), min(LARGEST, max(1, width // 4))


def thumbnail_of(frame: av.VideoFrame, rows: int, columns: int) -> Thumbnail:
    """The frame averaged over a grid of `rows` x `columns` cells."""
    planes = [_averaged(plane, rows, columns) / largest for plane, largest in _planes(frame)]
    return np.stack(planes).astype(np.float32)


def _averaged(plane: NDArray[np.generic], rows: int, columns: int) -> NDArray[np.float32]:
    height, width = plane.shape
    averaged: Thumbnail = _weights(height, rows) @ plane.astype(np.float32) @ _weights(width, columns).T
    return averaged


@lru_cache(maxsize=32)
def _weights(size: int, cells: int) -> NDArray[np.float32]:
    """[cells, size]: the share of each sample in each cell; samples on a border are divided between two."""
    borders = np.linspace(0.0, size, cells + 1)
    samples = np.arange(size)
    overlap = np.minimum(borders[1:, None], samples + 1) - np.maximum(borders[:-1, None], samples)
    weights: NDArray[np.float32] = (np.clip(overlap, 0.0, None) * (cells / size)).astype(np.float32)
    return weights


def _planes(frame: av.VideoFrame) -> list[tuple[NDArray[np.generic], int]]:
    """(samples [H, W], largest code) of each channel."""
    if not _is_plain_planar(frame.format):
        frame = frame.reformat(format=_planar_name(frame.format), threads=1)
    return [_samples(frame, component) for component in frame.format.components]


def _samples(frame: av.VideoFrame, component: av.video.format.VideoFormatComponent) -> tuple[NDArray[np.generic], int]:
    plane = frame.planes[component.plane]
    kind = np.dtype("u1" if component.bits <= 8 else "<u2")
    rows = np.frombuffer(memoryview(plane), kind).reshape(plane.height, abs(plane.line_size) // kind.itemsize)
    upright = rows[::-1] if plane.line_size < 0 else rows
    return upright[:, : plane.width], (1 << component.bits) - 1


def _is_plain_planar(layout: av.VideoFormat) -> bool:
    components = layout.components
    if layout.has_palette or layout.is_bit_stream or layout.is_big_endian or layout.is_bayer:
        return False
    return len({c.plane for c in components}) == len(components) and max(c.bits for c in components) <= 16


def has_chroma(layout: av.VideoFormat) -> bool:
    """Whether a format that is not RGB has colour."""
    # PyAV's `is_chroma` says so of subsampled planes only.
    return sum(not component.is_alpha for component in layout.components) > 1


def _planar_name(layout: av.VideoFormat) -> str:
    """The planar format that holds all of a packed one."""
    components = layout.components
    alpha = "a" if layout.has_palette or any(c.is_alpha for c in components) else ""
    depth = "16le" if max(c.bits for c in components) > 8 else ""
    if layout.is_rgb or layout.has_palette or layout.is_bayer:
        return f"gbr{alpha}p{depth}"
    if not has_chroma(layout) and not alpha:
        return f"gray{depth}"
    wide, tall = layout.chroma_width(8) == 8, layout.chroma_height(8) == 8
    return f"yuv{alpha}{'444' if wide else '422' if tall else '420'}p{depth}"
