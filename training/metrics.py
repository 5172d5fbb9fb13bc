"""PSNR and SSIM on luma as super-resolution papers report them. Pure NumPy."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Plane = NDArray[np.float64] | NDArray[np.uint8]
WINDOW = 11
"""Pixels a side that SSIM looks at together."""


def y_from_rgb(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """BT.601 studio-range luma, 16..235 unrounded, of uint8 RGB [H, W, 3] (ITU-R BT.601-7, section 2.5)."""
    red, green, blue = (rgb[..., channel].astype(np.float64) for channel in range(3))
    return 16.0 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255.0


def rgb_from_luma(luma: Plane, colour: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB [H, W, 3] with the studio-range `luma` [H, W] and the colour differences of the RGB picture `colour`.

    In BT.601, R - Y, G - Y and B - Y stay what they are when Y alone changes.
    """
    moved = (np.asarray(luma, np.float64) - y_from_rgb(colour)) * (255.0 / 219.0)
    rgb: NDArray[np.uint8] = np.clip(np.rint(colour + moved[..., None]), 0, 255).astype(np.uint8)
    return rgb


def mse(a: Plane, b: Plane, border: int = 0) -> float:
    """Mean squared error of two [H, W] planes, in squared codes. Raises ValueError when the shapes differ."""
    a, b = _inner(a, b, border)
    return float(np.mean((a - b) ** 2))


def psnr(a: Plane, b: Plane, border: int = 0) -> float:
    """Peak signal-to-noise ratio in dB of two [H, W] planes in code values 0..255, `border` pixels cut off.

    Identical planes give infinity. Raises ValueError when the shapes differ.
    """
    return psnr_from_mse(mse(a, b, border))


def psnr_from_mse(error: float) -> float:
    """In dB, of a mean squared error in squared codes."""
    return math.inf if error == 0.0 else 10.0 * math.log10(255.0**2 / error)


def ssim(a: Plane, b: Plane, border: int = 0) -> float:
    """Structural similarity of two [H, W] planes, 0..255 (Wang et al., IEEE TIP 13(4), 2004).

    Gaussian window 11x11, sigma 1.5, valid region only, K = (0.01, 0.03). Raises ValueError when the shapes
    differ or hold no window.
    """
    a, b = _inner(a, b, border)
    if min(a.shape) < WINDOW:
        raise ValueError(f"SSIM needs {WINDOW} x {WINDOW} pixels inside the border, not {a.shape}")
    c1, c2 = (0.01 * 255.0) ** 2, (0.03 * 255.0) ** 2
    mean_a, mean_b = _blur(a), _blur(b)
    var_a = _blur(a * a) - mean_a**2
    var_b = _blur(b * b) - mean_b**2
    covariance = _blur(a * b) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    structure = (2 * covariance + c2) / (var_a + var_b + c2)
    return float(np.mean(luminance * structure))


def _inner(a: Plane, b: Plane, border: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if a.shape != b.shape or a.ndim != 2:
        raise ValueError(f"two [H, W] planes of one shape are compared, not {a.shape} and {b.shape}")
    height, width = a.shape
    inner = np.s_[border : height - border, border : width - border]
    return a[inner].astype(np.float64), b[inner].astype(np.float64)


def _blur(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gaussian of 11 x 11 pixels, sigma 1.5, where it fits: [H, W] -> [H - 10, W - 10]."""
    x = np.arange(WINDOW) - WINDOW // 2
    window = np.exp(-(x**2) / (2 * 1.5**2))
    window /= window.sum()
    rows = sliding_window_view(plane, WINDOW, axis=0) @ window
    blurred: NDArray[np.float64] = sliding_window_view(rows, WINDOW, axis=1) @ window
    return blurred
