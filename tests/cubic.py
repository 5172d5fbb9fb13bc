"""Bicubic resampling written straight from Keys' formula in float64, for the tests to compare with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def resampled(plane: Array, rows: Array, columns: Array, shrink: tuple[float, float] = (1, 1)) -> Array:
    """[len(rows), len(columns)] float64: the plane at these places, in samples; edges go on for ever.

    `shrink` stretches the kernel down and across, where the places are so many samples apart.
    """
    down = weights(len(plane), rows, shrink[0])
    across = weights(len(plane[0]), columns, shrink[1])
    return np.asarray(down @ plane.astype(np.float64) @ across.T)


def places(length: int, target: int, subsampling: int = 1, offset: float = 0.0) -> Array:
    """Where the samples of a plane `target` luma samples long lie in one `length` long, in its samples.

    Sample k of either lies at subsampling * k + offset luma samples; the pictures' outer edges are the same.
    """
    luma = subsampling * np.arange(-(-target // subsampling)) + offset
    return np.asarray(((luma + 0.5) * length / target - 0.5 - offset) / subsampling)


def weights(length: int, at: Array, shrink: float) -> Array:
    """[places, samples]: R. Keys' cubic convolution with a = -1/2, each row adding up to 1."""
    table = np.zeros((len(at), length))
    for row, place in zip(table, at, strict=True):
        for sample in range(int(np.floor(place - 2 * shrink)), int(np.ceil(place + 2 * shrink)) + 1):
            row[min(max(sample, 0), length - 1)] += keys(abs(sample - place) / shrink)
    return np.asarray(table / table.sum(axis=1, keepdims=True))


def keys(x: float) -> float:
    if x < 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0
