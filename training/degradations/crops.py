"""Training crops that are degraded when they are drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..crops import Codes, drawn
from ..errors import DataError
from ..photos import codes_for
from .picture import Degradation, from_codes, to_codes

MARGIN = 8
"""Low-resolution pixels around a crop that are degraded with it and cut off, so that no mirrored border is seen."""


class DegradedCrops:
    """As `crops.Crops`, but reduces each crop by a degradation such as `SecondOrder`."""

    def __init__(
        self, photos: Sequence[NDArray[np.uint8]], scale: int, size: int, seed: int, reduce: Degradation, *, rgb: bool
    ) -> None:
        """`photos` are RGB [H, W, 3], `size` is the side of the low-resolution crop; `reduce` divides sides by `scale`.

        Batches have three channels with `rgb`, otherwise luma alone. Photographs smaller than a crop and its margin
        are left out and counted in `skipped`. Raises DataError when that leaves none.
        """
        self._scale, self._size, self._seed = scale, size, seed
        self._reduce, self._channels = reduce, 3 if rgb else 1
        self._side = scale * (size + 2 * MARGIN)
        self._photos, self._large = photos, [i for i, p in enumerate(photos) if min(p.shape[:2]) >= self._side]
        self.skipped = len(photos) - len(self._large)
        if not self._large:
            raise DataError(
                f"none of {len(photos)} pictures is {self._side} pixels or more on its shorter side",
                "give larger pictures, or a smaller crop",
            )

    def batch(self, step: int, count: int, first: int = 0) -> tuple[Codes, Codes]:
        """As `crops.Batches.batch`, each crop flipped and turned."""
        return drawn(self._crop, self._seed, step, first, count)

    def _crop(self, rng: np.random.Generator) -> tuple[Codes, Codes]:
        photo = self._photos[self._large[int(rng.integers(len(self._large)))]]
        top, left = (int(rng.integers(length - self._side + 1)) for length in photo.shape[:2])
        high = photo[top : top + self._side, left : left + self._side]
        if rng.integers(2):
            high = high[:, ::-1]
        high = np.ascontiguousarray(np.rot90(high, int(rng.integers(4))))
        low = to_codes(self._reduce(from_codes(high), rng))
        return self._inner(low, MARGIN), self._inner(high, MARGIN * self._scale)

    def _inner(self, rgb: Codes, margin: int) -> Codes:
        """[H, W, 3] -> [C, H - 2 margin, W - 2 margin]."""
        codes = codes_for(self._channels, rgb[margin:-margin, margin:-margin])
        return np.moveaxis(codes, -1, 0) if codes.ndim == 3 else codes[None]
