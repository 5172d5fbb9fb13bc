"""Frames turned as they are to be shown, for containers that cannot say how."""

from __future__ import annotations

import av
import numpy as np

from .colour import Siting
from .convert import grids_of
from .layout import PixelLayout
from .orientation import Turn
from .planes import new_picture, planes_of
from .resample import Grid, resample_plane, taps_between


def turned(picture: av.VideoFrame, turn: Turn, layout: PixelLayout, siting: Siting) -> av.VideoFrame:
    """A new frame of the same `layout` and `siting`.

    A turn moves subsampled chroma off its place, and 4:2:2 becomes 4:4:0: such planes are resampled.
    """
    size = picture.height, picture.width
    goal = size[::-1] if turn.swaps_axes else size
    result = new_picture(picture, goal[1], goal[0], picture.format.name)
    for number, (old, new) in enumerate(zip(planes_of(picture, layout), planes_of(result, layout), strict=True)):
        plane = np.ascontiguousarray(turn.apply(old))
        here = _turned(turn, grids_of(layout, siting, number, size))
        there = grids_of(layout, siting, number, goal)
        if here == there:
            new[:] = plane
        else:
            rows, columns = (taps_between(a, b) for a, b in zip(here, there, strict=True))
            resample_plane(plane, new, rows, columns, layout.max_code)
    return result


def _turned(turn: Turn, grids: tuple[Grid, Grid]) -> tuple[Grid, Grid]:
    rows, columns = grids
    if turn.flipped:
        columns = columns.reversed
    for _ in range(turn.quarters):
        rows, columns = columns.reversed, rows
    return rows, columns
