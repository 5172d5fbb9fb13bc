"""The compiled kernels of engine/native. `native_ref.py` holds their reference and tells what they compute.

They check shapes (ValueError) and element types (TypeError), copy nothing and let go of the interpreter lock.
Rows may be padded, samples within a row must be adjacent, `dst` must be writable and not overlap `src`.
"""

import numpy as np
from numpy.typing import NDArray

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
