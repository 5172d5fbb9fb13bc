"""Where warm-up ends: caches fill, clocks rise, memory is mapped, code is compiled at the first frames."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

import numpy as np

BATCH = 5
"""Values that are looked at together."""

_FEWEST = 6  # batches: in fewer, a slow start is not told from noise


def first_steady(values: Sequence[float]) -> int:
    """The index from which `values` are steady; their number when they are not yet.

    MSER-5 (White, An Effective Truncation Heuristic for Bias Reduction in Simulation Output, Simulation 69, 1997): of
    all batches of five, as many are left out at the beginning as make the standard error of the rest smallest; when
    that is half of them or more, the values have not settled. Two changes: a batch's median stands for it, not its
    mean, for a single late frame tells nothing of warm-up; and a quarter is always kept, for a few batches in a row are
    alike by chance. Fewer than thirty values, and a last batch that is not whole, are not looked at.
    """
    count = len(values) // BATCH
    if count < _FEWEST:
        return len(values)
    middles = np.array([statistics.median(values[BATCH * i : BATCH * (i + 1)]) for i in range(count)])
    errors = [np.var(middles[first:]) / (count - first) for first in range(count - max(2, count // 4) + 1)]
    left_out = int(np.argmin(errors))
    return BATCH * left_out if left_out < count / 2 else len(values)


def warmed_up(frame: Callable[[], float], most: int) -> list[float]:
    """Call `frame` until what it gives, such as milliseconds, is steady, at most `most` times. Gives all it saw.

    How long it took is `first_steady` of the result; whether it was long enough, too. At least 30 calls where `most`
    allows, for fewer cannot be judged; a drift that is smaller than the noise of five frames is not seen.
    """
    seen: list[float] = []
    while len(seen) < most and first_steady(seen) == len(seen):
        seen += [frame() for _ in range(min(BATCH, most - len(seen)))]
    return seen
