"""What turns YUV into RGB and back, by the file's own matrix and range (ITU-T H.273 section 8.3).

Its equations 31 to 36 make codes of signals, 38 to 40 luma and colour differences of R, G and B. Transfer functions
are left alone: R, G and B are the file's own, non-linear. The arithmetic is in engine/native/colour.h.
"""

from __future__ import annotations

from typing import NamedTuple

from .colour import Range, luma_weights


class LumaWeights(NamedTuple):
    """luma = red * R + green * G + blue * B; they add up to 1."""

    red: float
    green: float
    blue: float


class ColourCoefficients(NamedTuple):
    """Between codes Y, U, V and R, G, B from 0 to 1; the kernels take them in this order.

    Y = y_offset + y_from_luma * luma, U = chroma_offset + u_from_blue * (B - luma), V likewise of R.
    luma = luma_from_y * (Y - y_offset); with u and v for U and V less chroma_offset, R = luma + red_from_v * v,
    G = luma + green_from_u * u + green_from_v * v, B = luma + blue_from_u * u.
    """

    red: float  # luma weights
    green: float
    blue: float
    y_offset: float
    chroma_offset: float
    y_from_luma: float
    u_from_blue: float
    v_from_red: float
    luma_from_y: float
    red_from_v: float
    green_from_u: float
    green_from_v: float
    blue_from_u: float


def weights_of(matrix: int) -> LumaWeights:
    """Raises ValueError for matrix coefficients without luma weights."""
    kr, kb = luma_weights(matrix)
    return LumaWeights(kr, 1.0 - kr - kb, kb)


def coefficients_of(matrix: int, code_range: int, depth: int) -> ColourCoefficients:
    """For codes of `depth` bits. Raises ValueError for matrix coefficients without luma weights."""
    red, green, blue = weights_of(matrix)
    unit, largest = 1 << (depth - 8), (1 << depth) - 1
    full = code_range == Range.FULL
    y_offset, y_scale, chroma_scale = (0, largest, largest) if full else (16 * unit, 219 * unit, 224 * unit)
    u_from_blue, v_from_red = chroma_scale / (2 * (1 - blue)), chroma_scale / (2 * (1 - red))
    return ColourCoefficients(
        red,
        green,
        blue,
        y_offset=y_offset,
        chroma_offset=128 * unit,
        y_from_luma=y_scale,
        u_from_blue=u_from_blue,
        v_from_red=v_from_red,
        luma_from_y=1 / y_scale,
        red_from_v=1 / v_from_red,
        green_from_u=-blue / green / u_from_blue,
        green_from_v=-red / green / v_from_red,
        blue_from_u=1 / u_from_blue,
    )
