"""Every compiled kernel against its NumPy reference, and what the kernels refuse."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from framelift.engine import _native
from framelift.engine.colour import Matrix, Range
from framelift.engine.native_ref import (
    luma_from_rgb_ref,
    plane_from_tensor_ref,
    resample_ref,
    resample_values_ref,
    rgb_from_yuv_ref,
    rgb_with_luma_ref,
    tensor_from_plane_ref,
    yuv_from_rgb_ref,
)
from framelift.engine.resample import Grid, Taps, taps_between
from framelift.engine.rgb import ColourCoefficients, coefficients_of, weights_of
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

Array = NDArray[Any]

DEPTHS = st.sampled_from([(np.uint8, 255), (np.uint8, 200), (np.uint16, 1023), (np.uint16, 4095), (np.uint16, 65535)])
SIDES = st.integers(1, 70)
INT32 = np.iinfo(np.int32)


@st.composite
def empty_planes(draw: st.DrawFn, height: int, width: int, dtype: Any) -> Array:
    """[height, width] of zeros as planes come: rows padded or not, top-down or bottom-up."""
    plane = np.zeros((height, width + draw(st.integers(0, 9))), dtype)[:, :width]
    return plane[::-1] if draw(st.booleans()) else plane


@st.composite
def code_planes(draw: st.DrawFn, height: int, width: int, dtype: Any, max_code: int) -> Array:
    plane = draw(empty_planes(height, width, dtype))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    plane[:] = rng.integers(0, max_code + 1, plane.shape)
    return plane


@st.composite
def value_planes(draw: st.DrawFn, height: int, width: int) -> Array:
    plane = draw(empty_planes(height, width, np.float32))
    plane[:] = np.random.default_rng(draw(st.integers(0, 2**32))).uniform(-0.2, 1.2, plane.shape)
    return plane


@st.composite
def any_taps(draw: st.DrawFn, length: int) -> tuple[Array, Array]:
    """Any taps a caller may give: out of order, beyond the source, weights of either sign."""
    count = draw(st.integers(1, 9))
    index = st.integers(-80, 80) | st.sampled_from([INT32.min, INT32.max])
    first = np.array(draw(st.lists(index, min_size=length, max_size=length)), np.int32)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return first, rng.normal(1 / count, 0.3, (length, count)).astype(np.float32)


@st.composite
def repeating_taps(draw: st.DrawFn, length: int) -> tuple[Array, Array]:
    """Taps that repeat after some outputs, some inputs on, as between lengths in a simple ratio; or almost."""
    outputs, inputs, count = draw(st.integers(1, 5)), draw(st.integers(0, 5)), draw(st.integers(1, 9))
    starts = draw(st.lists(st.integers(-12, 12), min_size=outputs, max_size=outputs))
    index = np.arange(length)
    first = (np.array(starts)[index % outputs] + index // outputs * inputs).astype(np.int32)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    weights = rng.normal(1 / count, 0.3, (outputs, count)).astype(np.float32)[index % outputs]
    odd = draw(st.integers(0, length - 1))
    first[odd] += draw(st.sampled_from([0, 0, 1]))
    weights[odd, 0] += draw(st.sampled_from([0, 0, 1]))
    return first, weights


def taps(length: int) -> st.SearchStrategy[tuple[Array, Array]]:
    return any_taps(length) | repeating_taps(length)


@settings(deadline=None)
@given(st.data(), DEPTHS, SIDES, SIDES, SIDES, SIDES)
def test_resample_equals_reference(
    data: st.DataObject, depth: tuple[Any, int], h: int, w: int, out_h: int, out_w: int
) -> None:
    dtype, max_code = depth
    src = data.draw(code_planes(h, w, dtype, max_code))
    rows, columns = data.draw(taps(out_h)), data.draw(taps(out_w))
    dst, expected = data.draw(empty_planes(out_h, out_w, dtype)), np.zeros((out_h, out_w), dtype)
    _native.resample(src, dst, *rows, *columns, max_code)
    resample_ref(src, expected, *rows, *columns, max_code)
    np.testing.assert_array_equal(dst, expected)


@given(st.data(), DEPTHS, SIDES, SIDES)
def test_threads_may_share_a_plane(data: st.DataObject, depth: tuple[Any, int], h: int, out_h: int) -> None:
    """Rows made in parts are those made in one call, and no others are written."""
    dtype, max_code = depth
    src = data.draw(code_planes(h, 9, dtype, max_code))
    rows, columns = data.draw(taps(out_h)), data.draw(taps(15))
    whole, parts = np.zeros((out_h, 15), dtype), np.full((out_h, 15), max_code, dtype)
    _native.resample(src, whole, *rows, *columns, max_code)
    y0, y1 = sorted(data.draw(st.lists(st.integers(0, out_h), min_size=2, max_size=2)))
    _native.resample(src, parts, *rows, *columns, max_code, y0, y1)
    np.testing.assert_array_equal(parts[y0:y1], whole[y0:y1])
    assert (parts[:y0] == max_code).all()
    assert (parts[y1:] == max_code).all()


@settings(deadline=None)
@given(st.data(), SIDES, SIDES, SIDES, SIDES)
def test_resample_values_equals_reference(data: st.DataObject, h: int, w: int, out_h: int, out_w: int) -> None:
    src = data.draw(value_planes(h, w))
    rows, columns = data.draw(taps(out_h)), data.draw(taps(out_w))
    dst, expected = data.draw(empty_planes(out_h, out_w, np.float32)), np.zeros((out_h, out_w), np.float32)
    _native.resample_values(src, dst, *rows, *columns)
    resample_values_ref(src, expected, *rows, *columns)
    np.testing.assert_array_equal(dst, expected)


@settings(deadline=None)
@given(st.data(), DEPTHS, SIDES, SIDES)
def test_tensor_from_plane_equals_reference(data: st.DataObject, depth: tuple[Any, int], h: int, w: int) -> None:
    dtype, max_code = depth
    src = data.draw(code_planes(h, w, dtype, max_code))
    dst, expected = data.draw(empty_planes(h, w, np.float32)), np.zeros((h, w), np.float32)
    _native.tensor_from_plane(src, dst, max_code)
    tensor_from_plane_ref(src, expected, max_code)
    np.testing.assert_array_equal(dst, expected)


@settings(deadline=None)
@given(st.data(), DEPTHS, SIDES, SIDES)
def test_plane_from_tensor_equals_reference(data: st.DataObject, depth: tuple[Any, int], h: int, w: int) -> None:
    dtype, max_code = depth
    src = data.draw(value_planes(h, w))
    dst, expected = data.draw(empty_planes(h, w, dtype)), np.zeros((h, w), dtype)
    _native.plane_from_tensor(src, dst, max_code)
    plane_from_tensor_ref(src, expected, max_code)
    np.testing.assert_array_equal(dst, expected)


# ---- colour


COLOURS = st.builds(
    coefficients_of,
    st.sampled_from([Matrix.BT709, Matrix.SMPTE170M, Matrix.BT2020_NCL]),
    st.sampled_from([Range.LIMITED, Range.FULL]),
    st.integers(8, 16),
) | st.lists(st.floats(-300, 300), min_size=13, max_size=13).map(ColourCoefficients._make)
"""Those of files, and any others."""
WEIGHTS = st.sampled_from([Matrix.BT709, Matrix.FCC]).map(weights_of)
SMALL_SIDES = st.integers(1, 40)


@settings(deadline=None)
@given(st.data(), DEPTHS, COLOURS, *[SMALL_SIDES] * 4)
def test_rgb_from_yuv_equals_reference(
    data: st.DataObject,
    depth: tuple[Any, int],
    colour: ColourCoefficients,
    h: int,
    w: int,
    chroma_h: int,
    chroma_w: int,
) -> None:
    dtype, max_code = depth
    y = data.draw(code_planes(h, w, dtype, max_code))
    u, v = (data.draw(code_planes(chroma_h, chroma_w, dtype, max_code)) for _ in range(2))
    rows, columns = data.draw(taps(h)), data.draw(taps(w))
    dst = [data.draw(empty_planes(h, w, np.float32)) for _ in range(3)]
    expected = np.zeros((3, h, w), np.float32)
    _native.rgb_from_yuv([y, u, v], dst, *rows, *columns, colour)
    rgb_from_yuv_ref([y, u, v], expected, *rows, *columns, colour)
    np.testing.assert_array_equal(dst, expected)


@settings(deadline=None)
@given(st.data(), DEPTHS, COLOURS, *[SMALL_SIDES] * 4)
def test_yuv_from_rgb_equals_reference(
    data: st.DataObject,
    depth: tuple[Any, int],
    colour: ColourCoefficients,
    h: int,
    w: int,
    chroma_h: int,
    chroma_w: int,
) -> None:
    dtype, max_code = depth
    rgb = [data.draw(value_planes(h, w)) for _ in range(3)]
    rows, columns = data.draw(taps(chroma_h)), data.draw(taps(chroma_w))
    shapes = (h, w), (chroma_h, chroma_w), (chroma_h, chroma_w)
    dst = [data.draw(empty_planes(*shape, dtype)) for shape in shapes]
    expected = [np.zeros(shape, dtype) for shape in shapes]
    _native.yuv_from_rgb(rgb, dst, *rows, *columns, colour, max_code)
    yuv_from_rgb_ref(np.stack(rgb), expected, *rows, *columns, colour, max_code)
    for plane, wanted in zip(dst, expected, strict=True):
        np.testing.assert_array_equal(plane, wanted)


@settings(deadline=None)
@given(st.data(), DEPTHS, WEIGHTS, SIDES, SIDES)
def test_luma_from_rgb_equals_reference(
    data: st.DataObject, depth: tuple[Any, int], weights: Any, h: int, w: int
) -> None:
    dtype, max_code = depth
    codes = [data.draw(code_planes(h, w, dtype, max_code)) for _ in range(3)]
    values = [data.draw(value_planes(h, w)) for _ in range(3)]
    for src, made in ((codes, np.float32), (values, dtype)):
        dst, expected = data.draw(empty_planes(h, w, made)), np.zeros((h, w), made)
        _native.luma_from_rgb(src, dst, weights, max_code)
        luma_from_rgb_ref(src, expected, weights, max_code)
        np.testing.assert_array_equal(dst, expected)


@settings(deadline=None)
@given(st.data(), DEPTHS, WEIGHTS, *[SMALL_SIDES] * 4)
def test_rgb_with_luma_equals_reference(
    data: st.DataObject, depth: tuple[Any, int], weights: Any, h: int, w: int, out_h: int, out_w: int
) -> None:
    dtype, max_code = depth
    src = [data.draw(code_planes(h, w, dtype, max_code)) for _ in range(3)]
    luma = data.draw(value_planes(out_h, out_w))
    rows, columns = data.draw(taps(out_h)), data.draw(taps(out_w))
    dst = [data.draw(empty_planes(out_h, out_w, dtype)) for _ in range(3)]
    expected = [np.zeros((out_h, out_w), dtype) for _ in range(3)]
    _native.rgb_with_luma(src, luma, dst, *rows, *columns, weights, max_code)
    rgb_with_luma_ref(src, luma, expected, *rows, *columns, weights, max_code)
    np.testing.assert_array_equal(dst, expected)


def test_colour_that_is_no_number_becomes_some_code() -> None:
    rgb = np.array([[[np.nan, np.inf, -np.inf, 3e38]]] * 3, np.float32)
    yuv = [np.full((1, 4), 7, np.uint8) for _ in range(3)]
    rows, columns = (Taps(np.arange(n, dtype=np.int32), np.ones((n, 1), np.float32)) for n in (1, 4))
    _native.yuv_from_rgb(rgb, yuv, *rows, *columns, coefficients_of(Matrix.BT709, Range.LIMITED, 8), 255)
    np.testing.assert_array_equal(yuv[0], [[0, 255, 0, 255]])


# ---- codes and values


@pytest.mark.parametrize(("dtype", "max_code"), [(np.uint8, 255), (np.uint16, 1023), (np.uint16, 65535)])
def test_codes_survive_the_way_to_a_tensor_and_back(dtype: Any, max_code: int) -> None:
    codes = np.arange(max_code + 1, dtype=dtype)[None]
    tensor, back = np.empty(codes.shape, np.float32), np.empty_like(codes)
    _native.tensor_from_plane(codes, tensor, max_code)
    _native.plane_from_tensor(tensor, back, max_code)
    np.testing.assert_array_equal(back, codes)
    assert tensor[0, 0] == 0.0
    assert tensor[0, -1] == 1.0


def test_values_that_are_no_codes() -> None:
    values = np.array([[np.nan, np.inf, -np.inf, -0.1, 1.1, 0.5]], np.float32)
    codes = np.empty(values.shape, np.uint8)
    _native.plane_from_tensor(values, codes, 255)
    np.testing.assert_array_equal(codes, [[0, 255, 0, 0, 255, 128]])  # 127.5 is rounded up


def test_padding_is_left_alone() -> None:
    buffer = np.full((4, 9), 7, np.uint8)
    _native.plane_from_tensor(np.zeros((4, 5), np.float32), buffer[:, :5], 255)
    assert (buffer[:, :5] == 0).all()
    assert (buffer[:, 5:] == 7).all()


def test_source_may_be_read_only() -> None:
    codes = np.frombuffer(bytes(range(12)), np.uint8).reshape(3, 4)
    tensor = np.empty((3, 4), np.float32)
    _native.tensor_from_plane(codes, tensor, 255)
    assert tensor[2, 3] == np.float32(11) / np.float32(255)


def test_threads_may_share_a_kernel() -> None:
    src = np.random.default_rng(3).integers(0, 256, (60, 80), np.uint8)
    rows, columns = taps_between(Grid(60), Grid(91)), taps_between(Grid(80), Grid(173))

    def resampled(_: int) -> Array:
        dst = np.empty((91, 173), np.uint8)
        _native.resample(src, dst, rows.first, rows.weights, columns.first, columns.weights, 255)
        return dst

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(resampled, range(40))
    for other in others:
        np.testing.assert_array_equal(other, first)


def call_resample(**changed: Any) -> None:
    arguments: dict[str, Any] = {
        "src": np.zeros((4, 5), np.uint8),
        "dst": np.zeros((6, 7), np.uint8),
        "row_first": np.zeros(6, np.int32),
        "row_weights": np.ones((6, 1), np.float32),
        "column_first": np.zeros(7, np.int32),
        "column_weights": np.ones((7, 1), np.float32),
        "max_code": 255,
    }
    _native.resample(**(arguments | changed))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"src": np.zeros((0, 5), np.uint8)}, r"src \[0, 5\] is empty"),
        ({"dst": np.zeros((6, 0), np.uint8)}, r"dst \[6, 0\] is empty"),
        ({"src": np.zeros((4, 10), np.uint8)[:, ::2]}, r"src \[4, 5\] has samples 2 elements apart"),
        ({"row_first": np.zeros(5, np.int32)}, r"row_first is \[5\].*dst needs \[6\]"),
        ({"row_weights": np.zeros((6, 0), np.float32)}, r"row_weights is \[6, 0\].*dst needs"),
        ({"column_weights": np.ones((6, 1), np.float32)}, r"column_weights is \[6, 1\].*dst needs \[7\]"),
        ({"max_code": 0}, "max_code is 0; allowed is 1 to 255"),
        ({"max_code": 256}, "max_code is 256; allowed is 1 to 255"),
        ({"y0": -1}, "y0 is -1, y1 is 6; allowed is 0 <= y0 <= y1 <= 6"),
        ({"y1": 7}, "y0 is 0, y1 is 7; allowed is 0 <= y0 <= y1 <= 6"),
        ({"y0": 3, "y1": 2}, "y0 is 3, y1 is 2; allowed is"),
    ],
)
def test_resample_refuses_shapes_that_do_not_fit(changed: dict[str, Any], words: str) -> None:
    call_resample()
    with pytest.raises(ValueError, match=words):
        call_resample(**changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"src": np.zeros((4, 5), np.uint16)},
        {"src": np.zeros((4, 5, 1), np.uint8)},
        {"dst": np.zeros((6, 7), np.float32)},
        {"row_first": np.zeros(6, np.int64)},
        {"row_weights": np.ones((6, 1))},
    ],
)
def test_resample_refuses_other_types_instead_of_copying(changed: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="incompatible function arguments"):
        call_resample(**changed)


def test_read_only_destination_is_refused() -> None:
    dst = np.zeros((6, 7), np.uint8)
    dst.flags.writeable = False
    with pytest.raises(TypeError, match="incompatible function arguments"):
        call_resample(dst=dst)


def test_tensor_and_plane_must_have_one_shape() -> None:
    codes, values = np.zeros((4, 5), np.uint8), np.zeros((5, 4), np.float32)
    with pytest.raises(ValueError, match=r"src is \[4, 5\], dst is \[5, 4\]"):
        _native.tensor_from_plane(codes, values, 255)
    with pytest.raises(ValueError, match=r"src is \[5, 4\], dst is \[4, 5\]"):
        _native.plane_from_tensor(values, codes, 255)


Call = Callable[[list[Array], list[Array]], None]
SAME = Taps(np.arange(4, dtype=np.int32), np.ones((4, 1), np.float32))
COLOUR = coefficients_of(Matrix.BT709, Range.LIMITED, 8)
CALLS: dict[str, tuple[Call, type, type]] = {
    "rgb_from_yuv": (lambda src, dst: _native.rgb_from_yuv(src, dst, *SAME, *SAME, COLOUR), np.uint8, np.float32),
    "yuv_from_rgb": (lambda src, dst: _native.yuv_from_rgb(src, dst, *SAME, *SAME, COLOUR, 255), np.float32, np.uint8),
    "rgb_with_luma": (
        lambda src, dst: _native.rgb_with_luma(
            src, np.zeros((4, 4), np.float32), dst, *SAME, *SAME, weights_of(Matrix.BT709), 255
        ),
        np.uint8,
        np.uint8,
    ),
}


def squares(dtype: type, count: int = 3) -> list[Array]:
    return [np.zeros((4, 4), dtype) for _ in range(count)]


@pytest.mark.parametrize("name", CALLS)
def test_colour_kernels_refuse_what_does_not_fit(name: str) -> None:
    call, from_type, to_type = CALLS[name]
    call(squares(from_type), squares(to_type))
    for i in range(3):
        dst = squares(to_type)
        dst[i] = np.zeros((4, 5), to_type)
        with pytest.raises(ValueError, match=r"\[4, 5\]"):
            call(squares(from_type), dst)
    with pytest.raises(ValueError, match="is empty"):
        call([np.zeros((0, 4), from_type)] * 3, squares(to_type))
    with pytest.raises(TypeError, match="incompatible function arguments"):
        call(squares(from_type, 2), squares(to_type))
    with pytest.raises(TypeError, match="incompatible function arguments"):
        call(squares(np.float64), squares(to_type))
    read_only = squares(to_type)
    read_only[2].flags.writeable = False
    with pytest.raises(TypeError, match="incompatible function arguments"):
        call(squares(from_type), read_only)


def test_luma_needs_planes_of_its_size() -> None:
    with pytest.raises(ValueError, match=r"src is \[4, 4\], dst is \[4, 5\]"):
        _native.luma_from_rgb(squares(np.uint8), np.zeros((4, 5), np.float32), weights_of(Matrix.BT709), 255)
