"""Enlarging without parameters: nearest, bilinear, bicubic, Lanczos.

The sub-pixels of an enlarged pixel always see the same weights, so that each method is one convolution and a pixel
shuffle. Pixel centres lie at half-integers (as in MATLAB and OpenCV), the border is repeated.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from ..imresize import cubic
from .network import Network

_Kernel = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def _box(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return (np.abs(x) < 0.5).astype(np.float64)


def _triangle(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(1.0 - np.abs(x), 0.0)


def _lanczos3(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Duchon, Journal of Applied Meteorology 18(8), 1979, with three lobes."""
    return np.where(np.abs(x) < 3.0, np.sinc(x) * np.sinc(x / 3.0), 0.0)


_METHODS: dict[str, tuple[_Kernel, int]] = {  # the kernel, and how many pixels it reaches to each side
    "nearest": (_box, 0),
    "bilinear": (_triangle, 1),
    "bicubic": (cubic, 2),  # a = -0.5; the Resize of ONNX and torch has -0.75 unless told otherwise
    "lanczos": (_lanczos3, 3),
}
METHODS = tuple(_METHODS)


class Interpolation(Network):
    """Enlargement by one of `METHODS`.

    Bicubic equals MATLAB's `imresize` but for the outermost pixels, which mirrors where this repeats, and for its
    rounding; those pixels are within the border that evaluation cuts off.
    """

    weight: Tensor

    def __init__(self, method: str, scale: int, channels: int = 3) -> None:
        super().__init__(scale, channels)
        kernel, self.reach = _METHODS[method]
        taps = torch.tensor(_taps(kernel, self.reach, scale), dtype=torch.float32)  # [s, k]
        weight = torch.einsum("pi,qj->pqij", taps, taps).flatten(0, 1)  # [s*s, k, k]
        self.register_buffer("weight", weight[:, None].repeat(channels, 1, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]."""
        padded = F.pad(x, [self.reach] * 4, mode="replicate") if self.reach else x
        return F.pixel_shuffle(F.conv2d(padded, self.weight, groups=self.channels), self.scale)


def _taps(kernel: _Kernel, reach: int, scale: int) -> NDArray[np.float64]:
    """[scale, 2*reach + 1]: the weights of a pixel and its neighbours for each sub-pixel along an axis."""
    centre = (np.arange(scale) + 0.5) / scale - 0.5  # of each sub-pixel, seen from the pixel's
    weight = kernel(centre[:, None] - np.arange(-reach, reach + 1))
    weight /= weight.sum(axis=1, keepdims=True)
    return weight
