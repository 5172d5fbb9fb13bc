"""Running a model over a large picture in tiles that overlap by its reach, so that no seam is left.

Each tile reads its own part and a halo around it of half the receptive field; only the part whose values do not
depend on the halo's end is kept. The picture's own border is never moved inside, so a tiled result equals the
untiled one but for the rounding of sums.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .backends.base import Batch


@dataclass(frozen=True)
class Span:
    """Along one axis, in input pixels: [read, read_end) goes into the model, [keep, keep_end) is kept."""

    read: int
    read_end: int
    keep: int
    keep_end: int


def spans(length: int, tile: int, halo: int, multiple: int = 1) -> list[Span]:
    """Cover [0, length) by parts of `tile`, read with `halo` on both sides, in units of `multiple`.

    `length`, `tile` and `halo` are multiples of `multiple`. Raises ValueError otherwise.
    """
    if length % multiple or tile % multiple or halo % multiple or tile <= 0:
        raise ValueError(f"length {length}, tile {tile} and halo {halo} must be multiples of {multiple}")
    starts = range(0, length, tile)
    return [
        Span(max(0, keep - halo), min(length, keep + tile + halo), keep, min(length, keep + tile)) for keep in starts
    ]


def fixed_spans(length: int, window: int, halo: int) -> list[Span]:
    """Cover [0, length) by windows of exactly `window` >= 2 * halo + 1 pixels; `length` >= `window`.

    Raises ValueError when a window leaves nothing to keep.
    """
    step = window - 2 * halo
    if step <= 0 or length < window:
        raise ValueError(f"a window of {window} pixels does not cover {length} with a halo of {halo}")
    cover, keep = [], 0
    while keep < length:
        read = min(max(0, keep - halo), length - window)
        keep_end = length if read + window == length else read + window - halo
        cover.append(Span(read, read + window, keep, keep_end))
        keep = keep_end
    return cover


def run_tiles(run: Callable[[Batch], Batch], x: Batch, scale: int, rows: list[Span], columns: list[Span]) -> Batch:
    """[N, C, H, W] -> [N, C, scale*H, scale*W], one tile at a time."""
    batch, channels, height, width = x.shape
    y = np.empty((batch, channels, scale * height, scale * width), np.float32)
    for row in rows:
        for column in columns:
            tile = run(np.ascontiguousarray(x[:, :, row.read : row.read_end, column.read : column.read_end]))
            top, left = scale * (row.keep - row.read), scale * (column.keep - column.read)
            bottom, right = scale * (row.keep_end - row.read), scale * (column.keep_end - column.read)
            y[:, :, scale * row.keep : scale * row.keep_end, scale * column.keep : scale * column.keep_end] = tile[
                :, :, top:bottom, left:right
            ]
    return y
