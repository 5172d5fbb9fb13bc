"""MATLAB-exact bicubic resizing: how the benchmark pictures of super-resolution papers are made.

Reference: the documented behaviour of MATLAB R2019b `imresize(A, scale, "bicubic")`: Keys' cubic
convolution with a = -0.5 (IEEE TASSP 29(6), 1981), the kernel stretched by 1/scale when shrinking
(antialiasing), mirrored borders, and for uint8 rounding to uint8 after each of the two passes, rows
first. Pure NumPy, so that evaluation needs no torch.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' cubic convolution kernel, a = -0.5, support [-2, 2]."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1.0
    far = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return np.where(x <= 1.0, near, np.where(x <= 2.0, far, 0.0))


def taps(length: int, scale: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Source indices and weights, both [out, taps], that resize one axis of `length` by `scale`."""
    stretch = max(1.0, 1.0 / scale)
    count = math.ceil(4.0 * stretch) + 2
    centre = (np.arange(math.ceil(length * scale)) + 0.5) / scale - 0.5
    first = np.floor(centre - 2.0 * stretch).astype(np.int64)
    index = first[:, None] + np.arange(count)
    weight = cubic((centre[:, None] - index) / stretch)
    weight /= weight.sum(axis=1, keepdims=True)
    mirrored = np.mod(index, 2 * length)
    return np.where(mirrored < length, mirrored, 2 * length - 1 - mirrored), weight


def _resize_first_axis(image: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    index, weight = taps(image.shape[0], scale)
    flat = image.reshape(image.shape[0], -1).astype(np.float64)
    out = np.zeros((len(index), flat.shape[1]))
    for tap in range(index.shape[1]):
        out += weight[:, tap, None] * flat[index[:, tap]]
    rounded = np.clip(np.floor(out + 0.5), 0, 255).astype(np.uint8)
    return rounded.reshape(len(index), *image.shape[1:])


def imresize(image: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """Resize uint8 [H, W] or [H, W, C] to ceil(H * scale) x ceil(W * scale)."""
    rows = _resize_first_axis(image, scale)
    return _resize_first_axis(rows.swapaxes(0, 1), scale).swapaxes(0, 1)


def crop_to_multiple(image: NDArray[np.uint8], multiple: int) -> NDArray[np.uint8]:
    """The largest top-left part of [H, W, ...] whose sides are multiples of `multiple`."""
    height, width = image.shape[:2]
    return image[: height - height % multiple, : width - width % multiple]
