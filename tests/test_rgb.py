"""YUV and RGB against ITU-T H.273: its equations in float64, the code values other standards print, its constants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from framelift.engine import _native
from framelift.engine.colour import Matrix, Range, luma_weights
from framelift.engine.resample import Taps
from framelift.engine.rgb import coefficients_of, weights_of
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

Array = NDArray[Any]

# Kr and Kb of H.273 table 4, by its MatrixCoefficients.
WEIGHTS = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}
MATRICES = st.sampled_from(sorted(WEIGHTS))
RANGES = st.sampled_from([Range.LIMITED, Range.FULL])
DEPTHS = st.integers(8, 16)
SIGNALS = st.lists(st.floats(0, 1, width=32), min_size=3, max_size=3)
SAME = Taps(np.zeros(1, np.int32), np.ones((1, 1), np.float32))
"""Of a picture of one pixel, which has its chroma where its luma is."""


def standard_codes(rgb: Array, matrix: int, code_range: int, n: int) -> Array:
    """H.273 equations 38 to 40 (luma and differences), then 31 to 33 (limited) or 34 to 36 (full), unrounded."""
    kr, kb = WEIGHTS[matrix]
    e_r, e_g, e_b = rgb.astype(np.float64)
    e_y = kr * e_r + (1 - kr - kb) * e_g + kb * e_b
    e_pb = 0.5 * (e_b - e_y) / (1 - kb)
    e_pr = 0.5 * (e_r - e_y) / (1 - kr)
    if code_range == Range.FULL:
        largest, middle = 2**n - 1, 2 ** (n - 1)
        return np.stack([largest * e_y, largest * e_pb + middle, largest * e_pr + middle])
    unit = 2 ** (n - 8)
    return np.stack([unit * (219 * e_y + 16), unit * (224 * e_pb + 128), unit * (224 * e_pr + 128)])


def yuv_codes(rgb: Any, matrix: int, code_range: int, n: int) -> tuple[int, ...]:
    """Y, U and V of one pixel by the kernel."""
    yuv = [np.zeros((1, 1), np.uint8 if n == 8 else np.uint16) for _ in range(3)]
    pixel = np.array(rgb, np.float32).reshape(3, 1, 1)
    _native.yuv_from_rgb(pixel, yuv, *SAME, *SAME, coefficients_of(matrix, code_range, n), 2**n - 1)
    return tuple(int(plane[0, 0]) for plane in yuv)


def rgb_signals(yuv: Any, matrix: int, code_range: int, n: int) -> Array:
    """[3] R, G and B of one pixel by the kernel."""
    rgb = np.zeros((3, 1, 1), np.float32)
    planes: list[Array] = [np.array([[code]], np.uint8 if n == 8 else np.uint16) for code in yuv]
    _native.rgb_from_yuv(planes, rgb, *SAME, *SAME, coefficients_of(matrix, code_range, n))
    return rgb.ravel()


@given(SIGNALS, MATRICES, RANGES, DEPTHS)
def test_codes_are_the_standard_s_rounded_and_clipped(
    signals: list[float], matrix: int, code_range: int, n: int
) -> None:
    exact = np.clip(standard_codes(np.array(signals), matrix, code_range, n), 0, 2**n - 1)
    assert np.abs(np.array(yuv_codes(signals, matrix, code_range, n)) - exact).max() <= 0.5 + 4e-7 * 2**n


@given(st.data(), MATRICES, RANGES, DEPTHS)
def test_any_codes_have_the_rgb_whose_codes_they_are(data: st.DataObject, matrix: int, code_range: int, n: int) -> None:
    """Also those of no colour, for nothing is clipped on the way."""
    codes = data.draw(st.lists(st.integers(0, 2**n - 1), min_size=3, max_size=3))
    rgb = rgb_signals(codes, matrix, code_range, n)
    np.testing.assert_allclose(standard_codes(rgb, matrix, code_range, n), codes, atol=1e-6 * 2**n)
    assert yuv_codes(rgb, matrix, code_range, n) == tuple(codes)


@given(SIGNALS, MATRICES)
def test_luma_is_the_standard_s(signals: list[float], matrix: int) -> None:
    kr, kb = WEIGHTS[matrix]
    rgb, luma = np.array(signals, np.float32).reshape(3, 1, 1), np.zeros((1, 1), np.uint16)
    _native.luma_from_rgb(rgb, luma, weights_of(matrix), 65535)
    exact = 65535 * (kr * signals[0] + (1 - kr - kb) * signals[1] + kb * signals[2])
    assert abs(luma[0, 0] - exact) <= 0.51


BARS = {
    "white": (0.75, 0.75, 0.75),
    "yellow": (0.75, 0.75, 0),
    "cyan": (0, 0.75, 0.75),
    "green": (0, 0.75, 0),
    "magenta": (0.75, 0, 0.75),
    "red": (0.75, 0, 0),
    "blue": (0, 0, 0.75),
    "black": (0, 0, 0),
}


@pytest.mark.parametrize(
    ("bar", "ten_bits"),
    [
        ("white", (721, 512, 512)),
        ("yellow", (674, 176, 543)),
        ("cyan", (581, 589, 176)),
        ("green", (534, 253, 207)),
        ("magenta", (251, 771, 817)),
        ("red", (204, 435, 848)),
        ("blue", (111, 848, 481)),
        ("black", (64, 512, 512)),
    ],
)
def test_colour_bars_of_smpte_rp_219(bar: str, ten_bits: tuple[int, ...]) -> None:
    assert yuv_codes(BARS[bar], Matrix.BT709, Range.LIMITED, 10) == ten_bits


@pytest.mark.parametrize(
    ("matrix", "code_range", "n", "red", "green", "blue"),
    [
        (Matrix.SMPTE170M, Range.LIMITED, 8, (81, 90, 240), (145, 54, 34), (41, 240, 110)),
        (Matrix.BT709, Range.LIMITED, 8, (63, 102, 240), (173, 42, 26), (32, 240, 118)),
        (Matrix.BT2020_NCL, Range.LIMITED, 8, (74, 97, 240), (164, 47, 25), (29, 240, 119)),
        (Matrix.BT2020_NCL, Range.LIMITED, 10, (294, 387, 960), (658, 189, 100), (116, 960, 476)),
        (Matrix.BT709, Range.LIMITED, 12, (1001, 1637, 3840), (2762, 667, 420), (509, 3840, 1884)),
        (Matrix.SMPTE170M, Range.FULL, 8, (76, 85, 255), (150, 44, 21), (29, 255, 107)),
    ],
)
def test_primaries_have_their_known_codes(
    matrix: int, code_range: int, n: int, red: tuple[int, ...], green: tuple[int, ...], blue: tuple[int, ...]
) -> None:
    """Worked out by hand. Full range clips 255.5, as JPEG does."""
    assert yuv_codes((1, 0, 0), matrix, code_range, n) == red
    assert yuv_codes((0, 1, 0), matrix, code_range, n) == green
    assert yuv_codes((0, 0, 1), matrix, code_range, n) == blue


@pytest.mark.parametrize("matrix", sorted(WEIGHTS))
@pytest.mark.parametrize("n", [8, 10, 12])
def test_black_and_white_are_the_ends_of_the_range(matrix: int, n: int) -> None:
    unit, largest, middle = 2 ** (n - 8), 2**n - 1, 2 ** (n - 1)
    for code_range, black, white in ((Range.LIMITED, 16 * unit, 235 * unit), (Range.FULL, 0, largest)):
        assert yuv_codes((0, 0, 0), matrix, code_range, n) == (black, middle, middle)
        assert yuv_codes((1, 1, 1), matrix, code_range, n) == (white, middle, middle)


# (x, y) of red, green, blue and white, and the digits the standard gives of Kr and Kb.
CHROMATICITIES = {
    Matrix.BT709: ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), (0.3127, 0.3290), 4),
    Matrix.FCC: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), (0.310, 0.316), 2),
    Matrix.SMPTE170M: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), (0.310, 0.316), 3),
    Matrix.SMPTE240M: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), (0.3127, 0.3290), 3),
    Matrix.BT2020_NCL: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), (0.3127, 0.3290), 4),
}


@pytest.mark.parametrize("matrix", CHROMATICITIES)
def test_luma_weights_are_those_of_the_primaries(matrix: Matrix) -> None:
    """How much of white's luminance red and blue give, to about the digits printed."""
    *points, digits = CHROMATICITIES[matrix]
    xyz = np.array([[x / y, 1, (1 - x - y) / y] for x, y in points])
    shares = np.linalg.solve(xyz[:3].T, xyz[3])
    assert luma_weights(matrix) == pytest.approx((shares[0], shares[2]), abs=0.7 * 10.0**-digits)


@pytest.mark.parametrize("matrix", [Matrix.RGB, Matrix.UNSPECIFIED, Matrix.YCGCO, Matrix.BT2020_CL])
def test_other_matrices_are_refused(matrix: int) -> None:
    with pytest.raises(ValueError, match=f"matrix coefficients {int(matrix)}"):
        coefficients_of(matrix, Range.LIMITED, 8)
