"""The compiled kernels of engine/native. `native_ref.py` holds their reference and tells what they compute.

They check shapes (ValueError) and element types (TypeError), copy nothing and let go of the interpreter lock.
Three planes are a list of them or an array [3, height, width].
Rows may be padded, samples within a row must be adjacent, `dst` must be writable and not overlap `src`.
"""

from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from .rgb import ColourCoefficients, LumaWeights

_Codes = NDArray[np.uint8] | NDArray[np.uint16]
_Values = NDArray[np.float32]

def resample(
    src: _Codes,
    dst: _Codes,
    row_first: NDArray[np.int32],
    row_weights: _Values,
    column_first: NDArray[np.int32],
    column_weights: _Values,
    max_code: int,
    y0: int = 0,
    y1: int | None = None,
) -> None: ...
def resample_values(
    src: _Values,
    dst: _Values,
    row_first: NDArray[np.int32],
    row_weights: _Values,
    column_first: NDArray[np.int32],
    column_weights: _Values,
) -> None: ...
def tensor_from_plane(src: _Codes, dst: _Values, max_code: int) -> None: ...
def plane_from_tensor(src: _Values, dst: _Codes, max_code: int) -> None: ...
def rgb_from_yuv(
    src: Sequence[_Codes],
    dst: Sequence[_Values] | _Values,
    row_first: NDArray[np.int32],
    row_weights: _Values,
    column_first: NDArray[np.int32],
    column_weights: _Values,
    coefficients: ColourCoefficients,
) -> None: ...
def yuv_from_rgb(
    src: Sequence[_Values] | _Values,
    dst: Sequence[_Codes],
    row_first: NDArray[np.int32],
    row_weights: _Values,
    column_first: NDArray[np.int32],
    column_weights: _Values,
    coefficients: ColourCoefficients,
    max_code: int,
) -> None: ...
@overload
def luma_from_rgb(src: Sequence[_Codes], dst: _Values, weights: LumaWeights, max_code: int) -> None: ...
@overload
def luma_from_rgb(src: Sequence[_Values] | _Values, dst: _Codes, weights: LumaWeights, max_code: int) -> None: ...
def rgb_with_luma(
    src: Sequence[_Codes],
    luma: _Values,
    dst: Sequence[_Codes],
    row_first: NDArray[np.int32],
    row_weights: _Values,
    column_first: NDArray[np.int32],
    column_weights: _Values,
    weights: LumaWeights,
    max_code: int,
) -> None: ...

class StackLayer:
    def __init__(
        self,
        weight: _Values,
        bias: _Values | None,
        bias_codes: NDArray[np.int32] | None,
        slope: _Values | None,
        requant: _Values | None,
        add: int,
        add_factor: float,
    ) -> None: ...

class FusedStack:
    def __init__(
        self,
        layers: list[StackLayer],
        scale: int,
        unshuffle: int,
        shortcut: str,
        cubic_a: float,
        path: str,
        threads: int,
    ) -> None: ...
    def run(
        self,
        src: _Codes | _Values,
        dst: _Codes | _Values,
        max_code: int = 1,
        previous_src: _Codes | _Values | None = None,
        previous_dst: _Codes | _Values | None = None,
        companions: Sequence[tuple[object, ...]] = ...,
    ) -> int: ...

def stack_paths() -> list[str]: ...
def peak_operations(path: str) -> float: ...
