"""What the compiled kernels of `_native` compute, in NumPy: same signatures, same results to the last bit.

All arithmetic is float32 in the order written here. Codes are uint8 or uint16, 0..max_code; the value of a
code is code / max_code. Values are rounded to the nearest code, halves upwards, and clipped; NaN becomes 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
) -> None:
    """Resample codes [h, w] to [H, W]: along the rows with column taps, then along the columns with row taps.

    `*_first` [out] and `*_weights` [out, taps] are those of `resample.Taps`: W columns, H rows.
    """
    sums = np.empty(dst.shape, np.float32)
    resample_values_ref(src.astype(np.float32), sums, row_first, row_weights, column_first, column_weights)
    dst[:] = _codes_from_values(sums, max_code)


def resample_values_ref(
    src: Values,
    dst: Values,
    row_first: NDArray[np.int32],
    row_weights: Values,
    column_first: NDArray[np.int32],
    column_weights: Values,
) -> None:
    """`resample_ref` for float values, which are neither rounded nor clipped."""
    wide = _resample_last_axis(src, column_first, column_weights)
    dst[:] = _resample_last_axis(wide.T, row_first, row_weights).T


def tensor_from_plane_ref(src: Codes, dst: Values, max_code: int) -> None:
    """Codes [h, w] to float values [h, w], 0..1."""
    dst[:] = src.astype(np.float32) / np.float32(max_code)


def plane_from_tensor_ref(src: Values, dst: Codes, max_code: int) -> None:
    """Float values [h, w] to codes [h, w]."""
    dst[:] = _codes_from_values(src * np.float32(max_code), max_code)


def _resample_last_axis(source: Values, first: NDArray[np.int32], weights: Values) -> Values:
    sums = np.zeros((source.shape[0], len(first)), np.float32)
    for tap in range(weights.shape[1]):
        index = np.clip(first.astype(np.int64) + tap, 0, source.shape[1] - 1)
        sums += weights[:, tap] * source[:, index]
    return sums


def _codes_from_values(values: Values, max_code: int) -> Values:
    codes = np.clip(np.floor(values + np.float32(0.5)), 0.0, max_code)
    return np.where(np.isnan(codes), np.float32(0.0), codes)
