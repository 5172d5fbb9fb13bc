"""YUV and RGB, by the file's own matrix and range (ITU-T H.273 section 8.3, equations 41 to 58).

All values are code values divided by the largest code, as the model contract has them, so limited range stays
limited in Y, U and V. Transfer functions are left alone: R, G and B are the file's own, non-linear.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .colour import Range, luma_weights

Floats = NDArray[np.float32]


def code_scales(depth: int, code_range: int) -> tuple[float, float, float, float]:
    """(luma scale, luma offset, chroma scale, chroma offset): value = scale * signal + offset.

    Luma signals run 0..1, chroma signals -0.5..0.5; values are codes divided by the largest code of `depth` bits.
    """
    largest, unit = (1 << depth) - 1, 1 << (depth - 8)
    if code_range == Range.FULL:
        return 1.0, 0.0, 1.0, (largest + 1) / 2 / largest
    return 219 * unit / largest, 16 * unit / largest, 224 * unit / largest, 128 * unit / largest


def rgb_from_yuv(yuv: Floats, matrix: int, code_range: int, depth: int) -> Floats:
    """[3, H, W] values of Y, U, V -> [3, H, W] of R, G, B, 0 black and 1 white, not clipped."""
    kr, kb = luma_weights(matrix)
    kg = 1.0 - kr - kb
    scale, offset, chroma_scale, chroma_offset = code_scales(depth, code_range)
    y = (yuv[0] - offset) / scale
    u, v = (yuv[1:] - chroma_offset) / chroma_scale
    red = y + 2 * (1 - kr) * v
    blue = y + 2 * (1 - kb) * u
    green = (y - kr * red - kb * blue) / kg
    return np.stack([red, green, blue]).astype(np.float32, copy=False)


def yuv_from_rgb(rgb: Floats, matrix: int, code_range: int, depth: int) -> Floats:
    """The inverse of `rgb_from_yuv`."""
    kr, kb = luma_weights(matrix)
    scale, offset, chroma_scale, chroma_offset = code_scales(depth, code_range)
    red, green, blue = rgb
    y = kr * red + (1 - kr - kb) * green + kb * blue
    u = (blue - y) / (2 * (1 - kb))
    v = (red - y) / (2 * (1 - kr))
    planes = [y * scale + offset, u * chroma_scale + chroma_offset, v * chroma_scale + chroma_offset]
    return np.stack(planes).astype(np.float32, copy=False)
