"""Random training crops: each depends on its place in the run alone, so that resuming needs no state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import DataError
from .photos import Pair

Codes = NDArray[np.uint8]


class Batches(Protocol):
    """What a run learns from."""

    skipped: int
    """How many pictures, each of its reductions by itself, were left out because they are smaller than a crop."""

    def batch(self, step: int, count: int, first: int = 0) -> tuple[Codes, Codes]:
        """Codes (low [B, C, size, size], high [B, C, s*size, s*size]) of crops `first`, `first` + 1, ... of a step.

        Processes that train together share a step: each takes other crops of it.
        """
        ...


def drawn(
    crop: Callable[[np.random.Generator], tuple[Codes, Codes]], seed: int, step: int, first: int, count: int
) -> tuple[Codes, Codes]:
    """`count` crops, each with a generator of its own, stacked."""
    numbers = range(first, first + count)
    low, high = zip(*(crop(np.random.default_rng((seed, step, number))) for number in numbers), strict=True)
    return np.stack(low), np.stack(high)


class Crops:
    """Of pairs that are there already."""

    def __init__(self, pairs: Sequence[Pair], scale: int, size: int, seed: int) -> None:
        """`size` is the side of the low-resolution crop; pairs smaller than it are left out.

        Raises DataError when that leaves none.
        """
        self._pairs = [pair for pair in pairs if min(pair.low.shape[:2]) >= size]
        self._scale, self._size, self._seed = scale, size, seed
        self.skipped = len(pairs) - len(self._pairs)
        if not self._pairs:
            raise DataError(
                f"none of {len(pairs)} pictures is {scale * size} pixels or more on its shorter side",
                "give larger pictures, or a smaller crop",
            )

    def batch(self, step: int, count: int, first: int = 0) -> tuple[Codes, Codes]:
        """As `Batches.batch`, each crop flipped and turned."""
        return drawn(self._crop, self._seed, step, first, count)

    def _crop(self, rng: np.random.Generator) -> tuple[Codes, Codes]:
        pair = self._pairs[int(rng.integers(len(self._pairs)))]
        top, left = (int(rng.integers(length - self._size + 1)) for length in pair.low.shape[:2])
        turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))

        def cut(codes: Codes, factor: int) -> Codes:
            rows, columns = (slice(factor * at, factor * (at + self._size)) for at in (top, left))
            part = codes[rows, columns]
            part = np.rot90(part[:, ::-1] if mirrored else part, turns)
            return np.moveaxis(part, -1, 0) if part.ndim == 3 else part[None]

        return cut(pair.low, 1), cut(pair.high, self._scale)
