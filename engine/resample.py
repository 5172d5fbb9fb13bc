"""Bicubic resampling of planes that keeps every sample where its siting puts it.

Positions are in luma samples: luma sample i lies at i. A plane subsampled by f along an axis has its sample
k at f*k + offset, where offset is the chroma siting's (`colour.Siting.offsets`); for luma f = 1, offset 0.

A picture enlarged by s, the ratio of the luma lengths, keeps its outer edges, which lie half a sample outside
the first and last luma sample: p maps to s*(p + 1/2) - 1/2. Sample k of the target, at P = f*k + offset of
its own luma samples, therefore wants the source at p = (P + 1/2)/s - 1/2, which is coordinate
(p - source offset)/(source f) of the source's plane.

For chroma that stays subsampled by 2 this is k/s moved by (1 - 1/s)/4 further for left siting (offset 0) than
for centred (1/2): an eighth of a sample at x2, a colour fringe where it is left out. And s is the luma's
ratio, also where odd sizes give the chroma planes another one.

The kernel is Keys' cubic convolution with a = -1/2 (R. Keys, IEEE Trans. ASSP 29(6), 1981), as in MATLAB's
imresize. Where samples get sparser it is stretched as much, so that it also removes what the target cannot
hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import _native

Codes = NDArray[np.uint8] | NDArray[np.uint16]
Values = NDArray[np.float32]


@dataclass(frozen=True)
class Grid:
    """Where a plane's samples lie along one axis: sample k at subsampling * k + offset, in luma samples."""

    length: int  # of the picture, in luma samples
    subsampling: int = 1
    offset: float = 0.0

    @property
    def samples(self) -> int:
        """How many samples the plane has along this axis."""
        return -(-self.length // self.subsampling)

    @property
    def positions(self) -> NDArray[np.float64]:
        """[samples], in luma samples."""
        return self.subsampling * np.arange(self.samples, dtype=np.float64) + self.offset

    @property
    def reversed(self) -> Grid:
        """The same samples counted from the picture's other end."""
        return replace(self, offset=self.length - 1 - float(self.positions[-1]))


class Taps(NamedTuple):
    """Which samples make each target sample of one axis: sum over t of weights[i, t] * source[first[i] + t].

    Indices outside the source mean its edge sample. Both arrays are read-only, for taps are shared.
    """

    first: NDArray[np.int32]  # [target samples]
    weights: NDArray[np.float32]  # [target samples, taps], each row adds up to 1


@lru_cache(maxsize=64)
def taps_between(source: Grid, target: Grid) -> Taps:
    """Taps for one axis from the samples of `source` to those of `target`; made once for each pair."""
    ratio = source.length / target.length
    centre = ((target.positions + 0.5) * ratio - 0.5 - source.offset) / source.subsampling
    stretch = max(1.0, ratio * target.subsampling / source.subsampling)
    first = np.floor(centre - 2.0 * stretch).astype(np.int32) + 1
    index = first[:, None] + np.arange(math.ceil(4.0 * stretch))
    weights = _cubic((index - centre[:, None]) / stretch)
    weights /= weights.sum(axis=1, keepdims=True)
    used = np.flatnonzero(weights.any(axis=0))  # one tap where nothing is resampled
    taps = Taps(first + np.int32(used[0]), weights[:, used[0] : used[-1] + 1].astype(np.float32))
    taps.first.flags.writeable = taps.weights.flags.writeable = False
    return taps


def _cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' equation 15; nonzero for |x| < 2."""
    x = np.abs(x)
    inner = (1.5 * x - 2.5) * x**2 + 1.0
    outer = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return np.select([x < 1.0, x < 2.0], [inner, outer])


# The compiled kernels. They hold no interpreter lock, so threads run them at once; rows may be padded, `dst`
# must not overlap `src`. Shapes that do not fit raise ValueError, other element types TypeError.


def resample_plane(src: Codes, dst: Codes, rows: Taps, columns: Taps, max_code: int) -> None:
    """Codes [h, w] to codes [H, W] of one type; `rows` are the taps of H rows, `columns` of W columns.

    Rounded to the nearest code, halves upwards, and clipped to 0..max_code.
    """
    _native.resample(src, dst, *rows, *columns, max_code)


def resample_values(src: Values, dst: Values, rows: Taps, columns: Taps) -> None:
    """`resample_plane` for float values, which are neither rounded nor clipped."""
    _native.resample_values(src, dst, *rows, *columns)
