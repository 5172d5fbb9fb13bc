"""How many more bits one way takes than another for the same quality, in one number.

G. Bjontegaard, Calculation of average PSNR differences between RD-curves, VCEG-M33, 2001: the mean distance of two
curves of the logarithm of the rate over PSNR, where both have values. There, one cubic is laid through all points.
Curves of enlarged clips go steeply up near the PSNR that no rate exceeds, where such a cubic swings. Here it is a cubic
from point to point, which never does (Fritsch and Butland, SIAM Journal on Scientific and Statistical Computing 5,
1984).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Curve = Sequence[tuple[float, float]]
"""(rate, PSNR in dB), in any order."""

_SAMPLES = 2001


def bd_rate(anchor: Curve, test: Curve) -> float | None:
    """By how many per cent the rate of `test` is above that of `anchor`, for the same PSNR: less than 0 is better.

    None where no range of PSNR is reached by both. A point that a cheaper one of its curve beats is left out.
    """
    curves = [_ascending(curve) for curve in (anchor, test)]
    low = max(psnrs[0] for psnrs, _ in curves)
    high = min(psnrs[-1] for psnrs, _ in curves)
    if low >= high:
        return None
    at = np.linspace(low, high, _SAMPLES)
    ours, theirs = (_between(psnrs, rates, at) for psnrs, rates in curves)
    return float(100 * (10 ** np.mean(theirs - ours) - 1))


def _ascending(curve: Curve) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """PSNRs and logarithms of rates, both growing."""
    best = {np.log10(rate): psnr for rate, psnr in sorted(curve)}  # of one rate, the highest PSNR
    kept: list[tuple[float, float]] = []
    for rate, psnr in best.items():
        if not kept or psnr > kept[-1][0]:
            kept.append((psnr, rate))
    psnrs, rates = np.array(kept, np.float64).T
    return psnrs, rates


def _between(x: NDArray[np.float64], y: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the curve through (x, y), both growing, two points or more, its y `at` places between the first and last x."""
    steps, slopes = np.diff(x), np.diff(y) / np.diff(x)
    before, after = (2 * steps[1:] + steps[:-1]), (steps[1:] + 2 * steps[:-1])
    inner = (before + after) / (before / slopes[:-1] + after / slopes[1:])  # a weighted harmonic mean
    tangents = np.concatenate([slopes[:1], inner, slopes[-1:]])
    first = np.clip(np.searchsorted(x, at, "right") - 1, 0, len(steps) - 1)
    step, share = steps[first], (at - x[first]) / steps[first]
    rest = 1 - share
    return np.asarray(
        y[first] * rest**2 * (1 + 2 * share)
        + y[first + 1] * share**2 * (1 + 2 * rest)
        + step * share * rest * (tangents[first] * rest - tangents[first + 1] * share)
    )
