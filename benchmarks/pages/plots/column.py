"""Things above each other, each near to where it should be. Pure geometry; y points up, as in matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise


def apart(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Middles as near to the wanted ones as can be, in their order, of things so high that none meets another.

    Least squares under those bounds: what is left of each middle when the heights below it are taken off must not
    fall, which pooling adjacent violators solves (Barlow et al., Statistical Inference under Order Restrictions, 1972).
    All lie from `low` to `high`, which must have room for them.
    """
    if not wanted:
        return []
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    steps = [(heights[a] + heights[b]) / 2 for a, b in pairwise(order)]
    below = list(accumulate(steps, initial=heights[order[0]] / 2))
    level = _rising([wanted[index] - taken for index, taken in zip(order, below, strict=True)])
    most = high - sum(heights)
    middles = [0.0] * len(wanted)
    for index, value, taken in zip(order, level, below, strict=True):
        middles[index] = max(low, min(value, most)) + taken
    return middles


def _rising(values: Sequence[float]) -> list[float]:
    """The nearest sequence that does not fall."""
    pools: list[tuple[float, int]] = []  # sum, count
    for value in values:
        total, count = value, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            more, members = pools.pop()
            total, count = total + more, count + members
        pools.append((total, count))
    return [total / count for total, count in pools for _ in range(count)]
