"""Whether values mean the same on both sides: RGB from Y'CbCr, a fit of one side's values to the other's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..colour import ColourTags, Range, luma_weights
from .thumbnails import Thumbnail

PRIOR_VARIANCE = (8 / 255) ** 2


def rgb_from_yuv(thumbnail: Thumbnail, tags: ColourTags) -> Thumbnail:
    """[3 or 4, rows, columns] Y'CbCr code values as R'G'B', 0..1 nominal; alpha as it is (ITU-T H.273 8.3).

    Raises ValueError for a matrix that is not non-constant-luminance.
    """
    kr, kb = luma_weights(tags.matrix)
    full = tags.range == Range.FULL
    y = thumbnail[0] if full else (thumbnail[0] * 255 - 16) / 219
    cb, cr = (thumbnail[1:3] * 255 - 128) / (255 if full else 224)
    red, blue = y + 2 * (1 - kr) * cr, y + 2 * (1 - kb) * cb
    green = (y - kr * red - kb * blue) / (1 - kr - kb)
    return np.stack([red, green, blue, *thumbnail[3:]]).astype(np.float32)


class LinearFit:
    """Least squares of output = gain x input + offset over all pixels so far, gain a matrix between channels.

    A prior pulls gain to the identity, so that channels which hardly vary do not speak.
    """

    def __init__(self) -> None:
        self._count = 0
        self._sums: NDArray[np.float64] | None = None

    def take(self, ours: Thumbnail, theirs: Thumbnail) -> None:
        """Thumbnails of the same picture in both files."""
        values = np.concatenate([ours, theirs]).reshape(2 * len(ours), -1).astype(np.float64)
        values = np.concatenate([values, np.ones((1, values.shape[1]))])
        moments = values @ values.T  # of both sides' channels and 1: all sums of products, all sums
        self._sums = moments if self._sums is None else self._sums + moments
        self._count += values.shape[1]

    def result(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """(gain [C, C], difference of the means [C]); None before the first picture."""
        if self._sums is None:
            return None
        means = self._sums[-1, :-1] / self._count
        covariance = self._sums[:-1, :-1] / self._count - np.outer(means, means)
        channels = len(means) // 2
        prior = PRIOR_VARIANCE * np.eye(channels)
        own, cross = covariance[:channels, :channels], covariance[channels:, :channels]
        gain = np.asarray(np.linalg.solve(own + prior, (cross + prior).T).T, np.float64)
        return gain, means[channels:] - means[:channels]
