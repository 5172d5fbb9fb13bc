"""Pictures as video holds them: 8-bit studio-range Y'CbCr with halved chroma (4:2:0, BT.601-7).

An I420 array is uint8 [3H/2, W], H and W even: the luma [H, W], then both chroma planes [H/2, W/2] row after row, as
PyAV takes and gives them.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..photos import luma_codes

I420 = NDArray[np.uint8]
NEUTRAL = 128
"""The chroma of grey."""

_FROM_RGB = np.array([[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]]) / 255
_OFFSET = np.array([16.0, NEUTRAL, NEUTRAL])


def i420_from_rgb(rgb: NDArray[np.uint8]) -> I420:
    """uint8 [H, W, 3], H and W even. The luma is that of `photos.luma_codes`; chroma is the mean of 2 x 2 pixels."""
    height, width = rgb.shape[:2]
    mean = rgb.reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3))
    chroma = np.rint(mean @ _FROM_RGB[1:].T + NEUTRAL).astype(np.uint8)
    planes = [luma_codes(rgb), chroma[..., 0], chroma[..., 1]]
    return np.concatenate([plane.ravel() for plane in planes]).reshape(-1, width)


def i420_from_luma(luma: NDArray[np.uint8]) -> I420:
    """uint8 [H, W], H and W even, with neutral chroma."""
    return np.concatenate([luma, np.full((luma.shape[0] // 2, luma.shape[1]), NEUTRAL, np.uint8)])


def luma_from_i420(frame: I420) -> NDArray[np.uint8]:
    """The luma plane, uint8 [H, W], a view."""
    return frame[: frame.shape[0] * 2 // 3]


def rgb_from_i420(frame: I420) -> NDArray[np.uint8]:
    """uint8 [H, W, 3]; chroma is enlarged bilinearly about the centres it was averaged around."""
    luma = luma_from_i420(frame)
    height, width = luma.shape
    halves = frame[height:].reshape(2, height // 2, width // 2).astype(np.float32)
    chroma = [np.asarray(cv2.resize(half, (width, height), interpolation=cv2.INTER_LINEAR)) for half in halves]
    values = (np.stack([luma, *chroma], axis=-1) - _OFFSET) @ np.linalg.inv(_FROM_RGB).T
    rgb: NDArray[np.uint8] = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return rgb
