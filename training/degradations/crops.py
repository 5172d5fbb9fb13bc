"""Training crops that are degraded when they are drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..photos import luma_codes
from .picture import Degradation, from_codes, to_codes

MARGIN = 8
"""Low-resolution pixels around a crop that are degraded with it and cut off, so that no mirrored border is seen."""


class DegradedCrops:
    """As `photos.Crops`, but reduces each crop by a degradation such as `SecondOrder`.

    The crops of a step depend on its number alone.
    """

    def __init__(
        self, photos: Sequence[NDArray[np.uint8]], scale: int, size: int, seed: int, reduce: Degradation, *, rgb: bool
    ) -> None:
        """`photos` are RGB [H, W, 3], `size` is the side of the low-resolution crop; `reduce` divides sides by `scale`.

        Batches have three channels with `rgb`, otherwise luma alone. Photographs smaller than a crop and its margin
        are left out and counted in `skipped`. Raises DataError when that leaves none.
        """
        self._scale, self._size, self._seed = scale, size, seed
        self._reduce, self._rgb = reduce, rgb
        self._side = scale * (size + 2 * MARGIN)
        self._photos = [photo for photo in photos if min(photo.shape[:2]) >= self._side]
        self.skipped = len(photos) - len(self._photos)
        if not self._photos:
            raise DataError(
                f"none of {len(photos)} pictures is {self._side} pixels or more on its shorter side",
                "give larger pictures, or a smaller crop",
            )

    def batch(self, step: int, count: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Codes (low [B, C, size, size], high [B, C, s*size, s*size]), each crop flipped and turned."""
        rng = np.random.default_rng((self._seed, step))
        low, high = zip(*(self._crop(rng) for _ in range(count)), strict=True)
        return np.stack(low), np.stack(high)

    def _crop(self, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        photo = self._photos[int(rng.integers(len(self._photos)))]
        top, left = (int(rng.integers(length - self._side + 1)) for length in photo.shape[:2])
        high = photo[top : top + self._side, left : left + self._side]
        if rng.integers(2):
            high = high[:, ::-1]
        high = np.ascontiguousarray(np.rot90(high, int(rng.integers(4))))
        low = to_codes(self._reduce(from_codes(high), rng))
        return self._inner(low, MARGIN), self._inner(high, MARGIN * self._scale)

    def _inner(self, rgb: NDArray[np.uint8], margin: int) -> NDArray[np.uint8]:
        """[H, W, 3] -> [C, H - 2 margin, W - 2 margin]."""
        inner = rgb[margin:-margin, margin:-margin]
        return np.moveaxis(inner, -1, 0) if self._rgb else luma_codes(inner)[None]
