"""What the fused kernel's binding refuses: everything else that anyone may call it with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import pytest
from framelift.engine import _native
from framelift.engine.errors import ModelError
from framelift.engine.fused import Fused, Precision, paths
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from stacks import plain_stack, stacks

Array = NDArray[Any]

PRECISIONS: list[Precision] = ["fp32", "bf16", "int8"]

# ---- layers and networks


def native_layer(out: int = 4, into: int = 1, kernel: int = 3, int8: bool = False, **changed: Any) -> object:
    arguments: dict[str, Any] = {
        "weight": np.ones((out, into, kernel, kernel), np.float32),
        "bias": None if int8 else np.zeros(out, np.float32),
        "bias_codes": np.zeros(out, np.int32) if int8 else None,
        "slope": None,
        "requant": np.ones(out, np.float32) if int8 else None,
        "add": -1,
        "add_factor": 1.0,
    }
    return _native.StackLayer(**(arguments | changed))


def native_stack(*layers: dict[str, Any], int8: bool = False, **changed: Any) -> _native.FusedStack:
    """Of layers with these arguments of `native_layer`."""
    arguments: dict[str, Any] = {
        "layers": [native_layer(**({"int8": int8} | layer)) for layer in layers or [{}]],
        "scale": 2,
        "unshuffle": 1,
        "shortcut": "nearest",
        "cubic_a": -0.5,
        "path": f"reference-{'int8' if int8 else 'f32'}",
        "threads": 1,
    }
    return _native.FusedStack(**(arguments | changed))


def per_channel(value: float, dtype: Any = np.float32) -> Array:
    """Zeros, but for the second."""
    values = np.zeros(4, dtype)
    values[1] = value
    return values


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"out": 65}, "has 65 output and 1 input channels; allowed are 1 to 64"),
        ({"into": 65}, "has 4 output and 65 input channels"),
        ({"out": 0}, "has 0 output"),
        ({"kernel": 2}, r"kernel is \[2, 2\]; allowed are \[1, 1\], \[3, 3\], \[5, 5\]"),
        ({"kernel": 7}, r"kernel is \[7, 7\]"),
        ({"kernel": 0}, r"kernel is \[0, 0\]"),
        ({"weight": np.ones((4, 1, 1, 3), np.float32)}, r"kernel is \[1, 3\]"),
        ({"weight": np.full((4, 1, 3, 3), np.nan, np.float32)}, "weight is nan; allowed are finite numbers"),
        ({"bias": None}, "either bias, or bias_codes and requant"),
        ({"bias_codes": np.zeros(4, np.int32)}, "either bias, or bias_codes and requant"),
        ({"requant": np.zeros(4, np.float32)}, "either bias, or bias_codes and requant"),
        ({"int8": True, "requant": None}, "either bias, or bias_codes and requant"),
        ({"int8": True, "requant": per_channel(np.nan)}, "requant is nan"),
        ({"bias": np.zeros(3, np.float32)}, r"bias is \[3\]; the weight has 4 output channels"),
        ({"bias": per_channel(np.inf)}, "bias is inf"),
        ({"slope": per_channel(-np.inf)}, "slope is -inf"),
        ({"slope": np.zeros(5, np.float32)}, r"slope is \[5\]"),
        ({"add_factor": np.nan}, "add_factor is nan"),
    ],
)
def test_a_layer_that_is_none_is_refused(changed: dict[str, Any], words: str) -> None:
    native_layer()
    with pytest.raises(ValueError, match=words):
        native_layer(**changed)


HIDDEN: dict[str, Any] = {}
LAST = {"into": 4}
WIDE = {"out": 8, "into": 4}
LARGE = np.full((4, 1, 3, 3), 127, np.float32)


@pytest.mark.parametrize(
    ("layers", "changed", "words"),
    [
        ([HIDDEN] * 2, {}, "layer 1 takes 1 channels, not the 4 it gets"),
        ([HIDDEN, {"into": 4, "int8": True}], {}, "some layers are integer and some are not"),
        ([HIDDEN, *[LAST] * 32], {}, "there are 33 layers; allowed are 1 to 32"),
        ([WIDE], {"unshuffle": 2, "scale": 1}, "the last layer has 8 channels; scale and unshuffle ask for 4"),
        ([HIDDEN], {"scale": 3}, "the last layer has 4 channels; scale and unshuffle ask for 9"),
        ([HIDDEN], {"scale": 5}, "scale is 5, unshuffle 1; allowed are 1 to 4"),
        ([HIDDEN], {"scale": 0}, "scale is 0"),
        ([HIDDEN], {"unshuffle": -1}, "unshuffle -1"),
        ([HIDDEN], {"shortcut": "bilinear"}, 'shortcut is "bilinear"; allowed are none, nearest, bicubic'),
        ([HIDDEN], {"path": "x87-f32"}, 'path is "x87-f32"; allowed on this processor are .*reference-f32'),
        ([HIDDEN], {"path": "reference-int8"}, "an integer path runs integer layers, and no other path does"),
        ([{"int8": True}], {}, "an integer path runs integer layers, and no other path does"),
        ([HIDDEN], {"threads": 0}, "threads is 0; allowed are 1 to 1024"),
        ([HIDDEN], {"threads": 1025}, "threads is 1025"),
        ([HIDDEN], {"cubic_a": np.inf}, "cubic_a is inf"),
        ([HIDDEN, {"into": 4, "add": 0}], {}, "layer 1 adds layer 0; allowed is an earlier one"),
        ([HIDDEN, {"into": 4, "add": 1}, LAST], {}, "layer 1 adds layer 1; allowed"),
        ([HIDDEN, {"into": 4, "add": -2}, LAST], {}, "layer 1 adds layer -2; allowed"),
        ([HIDDEN, WIDE, {"into": 8, "add": 1}, LAST], {}, "layer 2 and layer 1, which it adds, have different"),
        ([{"add_factor": 2.0}], {}, "layer 0 is not integer; its add_factor must be 1"),
        ([{"slope": per_channel(1)}], {}, "layer 0 is the last and has slopes"),
    ],
)
def test_a_network_that_is_none_is_refused(layers: list[dict[str, Any]], changed: dict[str, Any], words: str) -> None:
    native_stack(HIDDEN, LAST)
    with pytest.raises(ValueError, match=words):
        native_stack(*layers, **changed)


def test_no_layers_are_refused() -> None:
    with pytest.raises(ValueError, match="there are 0 layers"):
        native_stack(layers=[])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"weight": LARGE + 1}, "layer 0 has weight 128.0+; allowed are whole numbers from -127 to 127"),
        ({"weight": LARGE - 0.5}, "layer 0 has weight 126.5"),
        ({"slope": per_channel(1)}, "layer 0 is integer and has slopes"),
        ({"bias_codes": per_channel(2**31 - 1, np.int32)}, "layer 0, channel 1: its sums reach .* below 2"),
        ({"bias_codes": per_channel(-(2**31), np.int32)}, "layer 0, channel 1: its sums reach"),
        ({"requant": per_channel(1e9)}, "layer 0, channel 1: its sums reach"),
        ({"requant": per_channel(-1e9)}, "layer 0, channel 1: its sums reach"),
        ({"add_factor": 1e7}, "layer 0, channel 0: its sums reach"),
    ],
)
def test_integers_that_do_not_fit_are_refused(changed: dict[str, Any], words: str) -> None:
    native_stack({"weight": LARGE}, int8=True)
    with pytest.raises(ValueError, match=words):
        native_stack(changed, int8=True)


TAPS = np.zeros(3, np.int32), np.ones((3, 2), np.float32)
PLANES = np.zeros((2, 2), np.uint8), np.zeros((3, 3), np.uint8)


def native_run(dtype: Any = np.uint8, path: str = "reference-f32", **changed: Any) -> int:
    arguments: dict[str, Any] = {
        "src": np.zeros((4, 5), dtype),
        "dst": np.zeros((8, 10), dtype),
        "max_code": 255,
        "previous_src": np.zeros((4, 5), dtype),
        "previous_dst": np.zeros((8, 10), dtype),
        "companions": [(*PLANES, *TAPS, *TAPS)] if dtype == np.uint8 else [],
    }
    return native_stack(path=path).run(**(arguments | changed))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"src": np.zeros((0, 5), np.uint8)}, r"src \[0, 5\] is empty"),
        ({"dst": np.zeros((8, 0), np.uint8)}, r"dst \[8, 0\] is empty"),
        ({"dst": np.zeros((8, 20), np.uint8)[:, ::2]}, "samples 2 elements apart"),
        ({"dst": np.zeros((8, 11), np.uint8)}, r"src and dst are \[4, 5\] and \[8, 11\]; .* 2 times larger"),
        ({"dst": np.zeros((4, 5), np.uint8)}, "2 times larger"),
        ({"max_code": 0}, "max_code is 0; allowed is 1 to 255"),
        ({"max_code": 256}, "max_code is 256"),
        ({"previous_src": None}, "previous_src and previous_dst, or neither"),
        ({"previous_dst": None}, "previous_src and previous_dst, or neither"),
        ({"previous_src": np.zeros((4, 6), np.uint8)}, "they must be equal"),
        ({"previous_dst": np.zeros((8, 9), np.uint8)}, "previous_src and previous_dst are"),
        ({"previous_dst": np.zeros((8, 20), np.uint8)[:, ::2]}, "samples 2 elements apart"),
        ({"companions": [(*PLANES, TAPS[0][:2], TAPS[1], *TAPS)]}, r"row_first is \[2\].*dst needs \[3\]"),
        ({"companions": [(*PLANES, *TAPS, TAPS[0], TAPS[1][:2])]}, r"column_weights is \[2, 2\]"),
        ({"companions": [(PLANES[0][:0], PLANES[1], *TAPS, *TAPS)]}, r"companion src \[0, 2\] is empty"),
        ({"dtype": np.float32, "companions": [(np.zeros((2, 2), np.float32),) * 2 + TAPS + TAPS]}, "have companions"),
    ],
)
def test_planes_that_do_not_fit_are_refused(changed: dict[str, Any], words: str) -> None:
    native_run()
    with pytest.raises(ValueError, match=words):
        native_run(**changed)


@pytest.mark.parametrize("shape", [(4, 5), (5, 4), (1, 1)])
def test_a_picture_that_is_no_whole_blocks_is_refused(shape: tuple[int, int]) -> None:
    stack = native_stack({"out": 16, "into": 4}, unshuffle=2)
    stack.run(np.zeros((4, 6), np.uint8), np.zeros((8, 12), np.uint8), 255)
    with pytest.raises(ValueError, match="sides must be multiples of 2"):
        stack.run(np.zeros(shape, np.uint8), np.zeros((2 * shape[0], 2 * shape[1]), np.uint8), 255)


def read_only(array: Array) -> Array:
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "changed",
    [
        {"src": np.zeros((4, 5), np.uint16)},
        {"src": np.zeros((4, 5, 1), np.uint8)},
        {"src": np.zeros((4, 5))},
        {"src": None},
        {"dst": read_only(np.zeros((8, 10), np.uint8))},
        {"previous_src": np.zeros((4, 5), np.float32)},
        {"companions": [PLANES]},
        {"companions": [None]},
        {"companions": [(PLANES[0], read_only(PLANES[1].copy()), *TAPS, *TAPS)]},
        {"companions": [(*PLANES, TAPS[0], TAPS[1].astype(np.float64), *TAPS)]},
        {"companions": [(*PLANES, np.zeros(6, np.int32)[::2], TAPS[1], *TAPS)]},
    ],
)
def test_other_types_are_refused_instead_of_copied(changed: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="incompatible function arguments"):
        native_run(**changed)


def test_rows_may_be_one_another() -> None:
    row = np.arange(5, dtype=np.uint8)[None]
    stack, outputs = native_stack(), np.zeros((2, 8, 10), np.uint8)
    stack.run(np.broadcast_to(row, (4, 5)), outputs[0], 255)
    stack.run(row.repeat(4, 0), outputs[1], 255)
    np.testing.assert_array_equal(outputs[0], outputs[1])


def test_what_a_path_cannot_run_is_told() -> None:
    with pytest.raises(ModelError, match="there is no path 'x87-f32' for fp32 here"):
        Fused(plain_stack(4, 2), "fp32", "x87-f32")
    with pytest.raises(ModelError, match="the native kernel does not run this network: an integer path runs integer"):
        Fused(plain_stack(4, 2), "int8")
    assert all(Fused(plain_stack(4, 2, precision=p), p).path == paths(p)[0] for p in PRECISIONS)


# ---- whatever it is given


@st.composite
def strange_arrays(draw: st.DrawFn) -> Array:
    shape = draw(st.lists(st.integers(0, 5), max_size=5))
    dtype = draw(st.sampled_from([np.uint8, np.uint16, np.float32, np.float64, np.int32, np.int8, bool, object]))
    array = np.full(shape, draw(st.sampled_from([0, 1, 200, -1, np.nan, np.inf, 1e38])), object)
    with np.errstate(all="ignore"):
        array = array.astype(np.float64).astype(dtype)
    if draw(st.booleans()) and array.ndim:
        array = array[:: draw(st.sampled_from([-1, 2, -2]))]
    return draw(st.sampled_from([array, array.T, read_only(array.copy())]))


STRANGE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | strange_arrays()
    | st.lists(strange_arrays() | st.integers(), max_size=3)
    | st.lists(st.tuples(*[strange_arrays()] * 6), max_size=2)
)


ARGUMENTS: list[tuple[Callable[..., object], list[str]]] = [
    (native_layer, ["weight", "bias", "bias_codes", "slope", "requant", "add", "add_factor"]),
    (native_stack, ["layers", "scale", "unshuffle", "shortcut", "cubic_a", "path", "threads"]),
    (native_run, ["src", "dst", "max_code", "previous_src", "previous_dst", "companions"]),
]


@st.composite
def strange_calls(draw: st.DrawFn) -> Callable[[], object]:
    """A call of which one argument or several are anything."""
    call, names = draw(st.sampled_from(ARGUMENTS))
    changed = draw(st.dictionaries(st.sampled_from(names), STRANGE, min_size=1, max_size=3))
    if call is native_run:
        changed["path"] = draw(st.sampled_from(paths("fp32")))
    return partial(call, **changed)


@settings(max_examples=250)
@given(strange_calls())
def test_anything_else_is_refused(call: Callable[[], object]) -> None:
    with suppress(ValueError, TypeError):
        call()


@given(st.data(), st.sampled_from(PRECISIONS), st.lists(st.floats(width=32), min_size=1, max_size=9))
def test_a_plane_may_hold_any_values(data: st.DataObject, precision: Precision, values: list[float]) -> None:
    """Infinite ones and those that are no numbers too; INT8 takes each for some code, the same on every path."""
    stack = data.draw(stacks(precision))
    source = np.resize(np.array(values, np.float32), (2 * stack.unshuffle, 9 * stack.unshuffle))
    outputs = [
        np.zeros((len(source) * stack.scale, len(source[0]) * stack.scale), np.float32) for _ in paths(precision)
    ]
    for path, output in zip(paths(precision), outputs, strict=True):
        Fused(stack, precision, path).run(source, output)
        if precision == "int8":
            np.testing.assert_array_equal(output, outputs[0])


@pytest.mark.parametrize("path", [*paths("fp32"), *paths("bf16")])
def test_sums_may_overflow(path: str) -> None:
    weight = np.resize(np.array([3e38, -3e38], np.float32), (4, 4, 3, 3))
    stack = native_stack({"weight": weight[:, :1].copy()}, {"weight": weight, "into": 4}, path=path)
    output = np.ones((8, 8), np.uint8)
    stack.run(np.full((4, 4), 255, np.uint8), output, 255)
    assert np.isin(output, [0, 255]).all()
