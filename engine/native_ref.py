"""What the compiled kernels of `_native` compute, in NumPy: same signatures, same results to the last bit.

All arithmetic is float32 in the order written here. Codes are uint8 or uint16, 0..max_code; the value of a
code is code / max_code. Values are rounded to the nearest code, halves upwards, and clipped; NaN becomes 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .rgb import ColourCoefficients, LumaWeights

Codes = NDArray[np.uint8] | NDArray[np.uint16]
Values = NDArray[np.float32]


def resample_ref(
    src: Codes,
    dst: Codes,
    row_first: NDArray[np.int32],
    row_weights: Values,
    column_first: NDArray[np.int32],
    column_weights: Values,
    max_code: int,
    y0: int = 0,
    y1: int | None = None,
) -> None:
    """Resample codes [h, w] to [H, W]: along the rows with column taps, then along the columns with row taps.

    `*_first` [out] and `*_weights` [out, taps] are those of `resample.Taps`: W columns, H rows. Writes rows y0 up to,
    but not with, y1 only, which is H when None: threads may share a plane.
    """
    sums = _resampled(src.astype(np.float32), row_first, row_weights, column_first, column_weights)
    dst[y0:y1] = _codes_from_values(sums, max_code)[y0:y1]


def resample_values_ref(
    src: Values,
    dst: Values,
    row_first: NDArray[np.int32],
    row_weights: Values,
    column_first: NDArray[np.int32],
    column_weights: Values,
) -> None:
    """`resample_ref` for float values, which are neither rounded nor clipped."""
    dst[:] = _resampled(src, row_first, row_weights, column_first, column_weights)


def tensor_from_plane_ref(src: Codes, dst: Values, max_code: int) -> None:
    """Codes [h, w] to float values [h, w], 0..1."""
    dst[:] = src.astype(np.float32) / np.float32(max_code)


def plane_from_tensor_ref(src: Values, dst: Codes, max_code: int) -> None:
    """Float values [h, w] to codes [h, w]."""
    dst[:] = _codes_from_values(src * np.float32(max_code), max_code)


def rgb_from_yuv_ref(
    src: Sequence[Codes],
    dst: Values,
    row_first: NDArray[np.int32],
    row_weights: Values,
    column_first: NDArray[np.int32],
    column_weights: Values,
    coefficients: ColourCoefficients,
) -> None:
    """Codes Y [H, W], U and V [h, w] to values R, G, B [3, H, W], not clipped; the taps enlarge chroma."""
    c, taps = coefficients, (row_first, row_weights, column_first, column_weights)
    y = src[0].astype(np.float32)
    u, v = (_resampled(plane.astype(np.float32), *taps) for plane in src[1:])
    luma = (y - c.y_offset) * c.luma_from_y
    u, v = u - c.chroma_offset, v - c.chroma_offset
    dst[0] = luma + c.red_from_v * v
    dst[1] = luma + c.green_from_u * u + c.green_from_v * v
    dst[2] = luma + c.blue_from_u * u


def yuv_from_rgb_ref(
    src: Values,
    dst: Sequence[Codes],
    row_first: NDArray[np.int32],
    row_weights: Values,
    column_first: NDArray[np.int32],
    column_weights: Values,
    coefficients: ColourCoefficients,
    max_code: int,
) -> None:
    """Values R, G, B [3, H, W] to codes Y [H, W], U and V [h, w]; the taps shrink chroma."""
    c, taps = coefficients, (row_first, row_weights, column_first, column_weights)
    red, _, blue = src
    luma = _luma_from_rgb(src, LumaWeights(c.red, c.green, c.blue))
    dst[0][:] = _codes_from_values(luma * c.y_from_luma + c.y_offset, max_code)
    u = (blue - luma) * c.u_from_blue + c.chroma_offset
    v = (red - luma) * c.v_from_red + c.chroma_offset
    dst[1][:] = _codes_from_values(_resampled(u, *taps), max_code)
    dst[2][:] = _codes_from_values(_resampled(v, *taps), max_code)


def luma_from_rgb_ref(src: Sequence[Codes] | Values, dst: Values | Codes, weights: LumaWeights, max_code: int) -> None:
    """Codes R, G, B, each [h, w], to values [h, w], or values [3, h, w] to codes [h, w]."""
    luma = _luma_from_rgb([plane.astype(np.float32) for plane in src], weights)
    if dst.dtype == np.float32:
        dst[:] = luma / np.float32(max_code)
    else:
        dst[:] = _codes_from_values(luma * np.float32(max_code), max_code)


def rgb_with_luma_ref(
    src: Sequence[Codes],
    luma: Values,
    dst: Sequence[Codes],
    row_first: NDArray[np.int32],
    row_weights: Values,
    column_first: NDArray[np.int32],
    column_weights: Values,
    weights: LumaWeights,
    max_code: int,
) -> None:
    """Codes R, G, B, each [h, w], to codes [H, W]: resampled, then moved alike until they have `luma` [H, W]."""
    taps = row_first, row_weights, column_first, column_weights
    rgb = [_resampled(plane.astype(np.float32), *taps) for plane in src]
    detail = luma * np.float32(max_code) - _luma_from_rgb(rgb, weights)
    for channel, plane in zip(rgb, dst, strict=True):
        plane[:] = _codes_from_values(channel + detail, max_code)


def _luma_from_rgb(rgb: Sequence[Values] | Values, weights: LumaWeights) -> Values:
    red, green, blue = rgb
    return np.asarray(weights.red * red + weights.green * green + weights.blue * blue, np.float32)


def _resampled(
    source: Values,
    row_first: NDArray[np.int32],
    row_weights: Values,
    column_first: NDArray[np.int32],
    column_weights: Values,
) -> Values:
    wide = _resample_last_axis(source, column_first, column_weights)
    return _resample_last_axis(wide.T, row_first, row_weights).T


def _resample_last_axis(source: Values, first: NDArray[np.int32], weights: Values) -> Values:
    sums = np.zeros((source.shape[0], len(first)), np.float32)
    for tap in range(weights.shape[1]):
        index = np.clip(first.astype(np.int64) + tap, 0, source.shape[1] - 1)
        sums += weights[:, tap] * source[:, index]
    return sums


def _codes_from_values(values: Values, max_code: int) -> Values:
    codes = np.clip(np.floor(values + np.float32(0.5)), 0.0, max_code)
    return np.where(np.isnan(codes), np.float32(0.0), codes)
