"""Student's t distribution: how far a mean of few values may lie from the true one."""

from __future__ import annotations

import math

LARGEST = 300
"""Degrees of freedom above it count as so many: the distribution is the normal one by then, within half a percent."""


def within(t: float, freedom: int) -> float:
    """The probability that |T| <= `t`, at `freedom` >= 1 degrees of freedom.

    The finite series of Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.3 and 26.7.4.
    """
    angle = math.atan2(t, math.sqrt(freedom))
    cosine, odd = math.cos(angle), freedom % 2
    term, total = (cosine, cosine) if odd else (1.0, 1.0)
    if freedom == 1:
        total = 0.0
    for k in range(2 + odd, freedom - 1, 2):
        term *= cosine * cosine * (k - 1) / k
        total += term
    return 2 / math.pi * (angle + math.sin(angle) * total) if odd else math.sin(angle) * total


def reach(confidence: float, freedom: float) -> float:
    """The t that |T| stays within with probability `confidence` (0..1), to nine digits.

    Broken degrees of freedom are rounded down, to at least 1, which makes the reach longer.
    """
    whole = min(max(int(freedom), 1), LARGEST)
    low, high = 0.0, 1.0
    while within(high, whole) < confidence:
        high *= 2
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle, whole) < confidence else (low, middle)
    return high
