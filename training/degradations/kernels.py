"""Convolution kernels [k, k] in float64, k odd, that sum to 1: blurs, ringing, motion and shifts.

The families and their formulas are those of Real-ESRGAN (Wang et al., ICCVW 2021, section 3.2 and appendix). Lengths
are in pixels, angles in radians, rows grow downwards.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Kernel = NDArray[np.float64]


def gaussian(size: int, sigma_x: float, sigma_y: float, angle: float = 0.0) -> Kernel:
    """Gaussian with standard deviations along its own axes, turned by `angle`; isotropic when they are equal."""
    return generalised_gaussian(size, sigma_x, sigma_y, angle, 1.0)


def generalised_gaussian(size: int, sigma_x: float, sigma_y: float, angle: float, beta: float) -> Kernel:
    """exp(-d^beta / 2), d the squared distance in sigmas: sharper at the centre than a Gaussian below 1, flatter above.

    Pascal et al., IEEE TSP 61(23), 2013.
    """
    return _normalised(np.exp(-0.5 * _squared_distance(size, sigma_x, sigma_y, angle) ** beta))


def plateau(size: int, sigma_x: float, sigma_y: float, angle: float, beta: float) -> Kernel:
    """1 / (1 + d^beta): flat in the middle, with long tails."""
    return _normalised(1.0 / (1.0 + _squared_distance(size, sigma_x, sigma_y, angle) ** beta))


def sinc(size: int, cutoff: float) -> Kernel:
    """Ideal circular low-pass, cut to the window: the ringing and overshoot of sharpened and compressed pictures.

    `cutoff` is in radians per pixel, at most pi. At distance r it is cutoff * J1(cutoff * r) / (2 pi r), and
    cutoff^2 / (4 pi) at the centre, where J1 is the Bessel function.
    """
    x, y = _grid(size)
    r = np.hypot(x, y)
    away = np.where(r > 0, r, 1.0)
    values = np.where(r > 0, cutoff * bessel_j1(cutoff * away) / (2 * np.pi * away), cutoff**2 / (4 * np.pi))
    return _normalised(values)


def motion(length: float, angle: float) -> Kernel:
    """A straight line of `length` pixels through the centre: a camera that moves evenly while the shutter is open."""
    along = np.linspace(-length / 2, length / 2, 8 * math.ceil(length) + 1)
    return _spots(np.sin(angle) * along, np.cos(angle) * along)


def shift(rows: float, columns: float) -> Kernel:
    """Moves a picture down and to the right; fractions of a pixel by bilinear weights."""
    return _spots(np.array([rows]), np.array([columns]))


def bessel_j1(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The Bessel function of the first kind of order 1, by its integral: the mean of cos(t - x sin t) over 0..pi.

    The integrand is periodic and smooth, so the midpoint rule is exact to rounding once it has more points than x.
    """
    count = 64 + math.ceil(float(np.abs(x).max()))
    t = (np.arange(count) + 0.5) * np.pi / count
    mean: NDArray[np.float64] = np.cos(t - x[..., None] * np.sin(t)).mean(axis=-1)
    return mean


def _grid(size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Columns and rows of each tap [size, size], counted from the centre. Raises ValueError for an even size."""
    if size % 2 == 0:
        raise ValueError(f"a kernel has an odd size, not {size}")
    axis = np.arange(size) - size // 2.0
    x, y = np.meshgrid(axis, axis)
    return x, y


def _squared_distance(size: int, sigma_x: float, sigma_y: float, angle: float) -> NDArray[np.float64]:
    x, y = _grid(size)
    along = np.cos(angle) * x + np.sin(angle) * y
    beside = np.cos(angle) * y - np.sin(angle) * x
    return np.asarray((along / sigma_x) ** 2 + (beside / sigma_y) ** 2)


def _spots(rows: NDArray[np.float64], columns: NDArray[np.float64]) -> Kernel:
    """Spots of equal weight at places counted from the centre, each shared among the four taps around it."""
    reach = math.ceil(max(float(np.abs(rows).max()), float(np.abs(columns).max())))
    kernel = np.zeros((2 * reach + 2, 2 * reach + 2))
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    down, right = rows - top, columns - left
    for row, column, weight in (
        (top, left, (1 - down) * (1 - right)),
        (top, left + 1, (1 - down) * right),
        (top + 1, left, down * (1 - right)),
        (top + 1, left + 1, down * right),
    ):
        np.add.at(kernel, (row + reach, column + reach), weight)
    return _normalised(kernel[:-1, :-1])  # the last row and column only took weights of 0


def _normalised(kernel: Kernel) -> Kernel:
    normalised: Kernel = kernel / kernel.sum()
    return normalised
