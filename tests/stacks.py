"""Random networks of the family and the pictures they work on, and how far two evaluations of one may differ."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import onnx
from framelift.engine.fused import Precision
from framelift.engine.stack import KEYS_A, Layer, Shortcut, Stack
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from stack_ref import blocks, channelwise, convolved

Array = NDArray[Any]
Floats = NDArray[np.float32]

MAX_TAIL = 64
"""Channels of the last layer."""
SHORTCUTS: list[Shortcut] = ["none", "nearest", "bicubic"]

# ---- networks


@st.composite
def stacks(draw: st.DrawFn, precision: Precision = "fp32", exact: bool = False) -> Stack:
    """Any network. Weights keep values near 1; with `exact`, sums are exact in float32, see `_exact_layer`."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    unshuffle = draw(st.just(1) | st.integers(1, 4))
    scale = draw(st.integers(1, min(4, int(MAX_TAIL**0.5) // unshuffle)))
    hidden = draw(st.lists(st.sampled_from([4, 8, 16]) | st.integers(1, 64), max_size=4 if exact else 7))
    if draw(st.booleans()):  # as most networks are, and so that layers can be added
        hidden = hidden[:1] * len(hidden)
    channels = [unshuffle**2, *hidden, (unshuffle * scale) ** 2]
    layers: list[Layer] = []
    for index, (into, out) in enumerate(pairwise(channels)):
        shape = out, into, *[draw(st.sampled_from([1, 3, 5]))] * 2
        last = index == len(hidden)
        equal = [earlier for earlier in range(index) if hidden[earlier] == out and not last]
        add = draw(st.none() | st.sampled_from(equal)) if equal else None
        if precision == "int8":
            layers.append(_int8_layer(rng, shape, last, add))
            continue
        made = _exact_layer(rng, shape, precision, not index, last) if exact else _float_layer(rng, shape)
        slope = None if last or draw(st.booleans()) else _slope(rng, out, exact)
        layers.append(replace(made, slope=slope, add=add))
    return Stack(
        tuple(layers), scale, unshuffle, draw(st.sampled_from(SHORTCUTS)), draw(st.sampled_from([-0.5, -0.75]))
    )


def _float_layer(rng: np.random.Generator, shape: tuple[int, ...]) -> Layer:
    """The absolute weights of each output add up to at most 1.5, so that no error grows beyond recognition."""
    weight = rng.normal(0.5, 1, shape)
    weight *= rng.uniform(0.5, 1.5) / np.abs(weight).sum((1, 2, 3), keepdims=True)
    return Layer(weight.astype(np.float32), rng.normal(0, 0.1, shape[0]).astype(np.float32), None, None, None, None)


def _exact_layer(
    rng: np.random.Generator, shape: tuple[int, ...], precision: Precision, first: bool, last: bool
) -> Layer:
    """A few weights of one power of two: of inputs with few bits, all sums fit float32's 24.

    In BF16 the codes 0..255 are the first layer's input, and its weights are divided by 255. The last layer's are
    small, or most of the picture would be clipped.
    """
    size = 255 / 256 if first and precision == "bf16" else 1 / 64 if last else 1
    weight = np.zeros((shape[0], np.prod(shape[1:])), np.float32)
    for taps in weight:
        taps[rng.integers(0, len(taps), 4)] = rng.choice([-size, size], 4)
    bias = (rng.integers(-128, 129, shape[0]) / 128).astype(np.float32)
    return Layer(weight.reshape(shape), bias, None, None, None, None)


def _slope(rng: np.random.Generator, channels: int, exact: bool) -> Floats:
    slopes = rng.choice([-1, 0, 1], channels) if exact else rng.uniform(-1, 1, channels)
    return slopes.astype(np.float32)


def _int8_layer(rng: np.random.Generator, shape: tuple[int, ...], last: bool, add: int | None) -> Layer:
    """Codes of which some are clipped at either end; in one of eight layers, the largest sums there are."""
    out, taps = shape[0], np.prod(shape[1:])
    largest = rng.integers(8) == 0
    weight = np.full(shape, 127) if largest else rng.integers(-127, 128, shape)
    usual = 128 * (127 * taps if largest else 73 * taps**0.5)
    requant = rng.uniform(0.1, 2, out) * (0.2 if last else 128) / usual
    return Layer(
        weight.astype(np.int8),
        rng.integers(-9999, 10000, out).astype(np.int32),
        None,
        add,
        requant.astype(np.float32),
        None if add is None else float(np.float32(rng.uniform(0.2, 1.5))),
    )


def plain_stack(channels: int, layers: int, kernel: int = 3, precision: Precision = "fp32", add: bool = False) -> Stack:
    """x2, with a nearest shortcut; with `add`, the first layer's output is added after the last hidden one."""
    rng = np.random.default_rng(channels)
    made: list[Layer] = []
    for index in range(layers):
        last = index == layers - 1
        shape = 4 if last else channels, channels if index else 1, kernel, kernel
        added = 0 if add and index == layers - 2 else None
        layer = _int8_layer(rng, shape, last, added) if precision == "int8" else _float_layer(rng, shape)
        made.append(replace(layer, add=added))
    return Stack(tuple(made), 2, 1, "nearest", KEYS_A)


# ---- pictures


@st.composite
def sizes(draw: st.DrawFn, stack: Stack, products: float = 4e5) -> tuple[int, int]:
    """Height and width, down to one block and, as far as `products` allow, beyond whole vectors of columns."""
    each = sum(layer.weight.size for layer in stack.layers)
    blocks_wide = draw(st.integers(1, max(1, min(210, int(products / each)))))
    blocks_high = draw(st.integers(1, max(1, min(50, int(products / each) // blocks_wide))))
    return stack.unshuffle * blocks_high, stack.unshuffle * blocks_wide


@st.composite
def blank_planes(draw: st.DrawFn, height: int, width: int, dtype: Any) -> Array:
    """[height, width] as planes come: rows padded or not, top-down or bottom-up."""
    plane = np.zeros((height, width + draw(st.integers(0, 9))), dtype)[:, :width]
    return plane[::-1] if draw(st.booleans()) else plane


@st.composite
def pictures(draw: st.DrawFn, height: int, width: int, dtype: Any, max_code: int) -> Array:
    """Random codes, or for floats codes over `max_code`; once in a while all are the largest."""
    plane = draw(blank_planes(height, width, dtype))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    codes = rng.integers(0, max_code + 1, plane.shape)
    if rng.integers(8) == 0:
        codes[:] = max_code
    plane[:] = codes / max_code if dtype == np.float32 else codes
    return plane


def values_of(plane: Array, max_code: int) -> Floats:
    """[H, W] -> [1, 1, H, W] in 0..1, as the kernels see them."""
    values = plane if plane.dtype == np.float32 else plane * (np.float32(1) / np.float32(max_code))
    return values.astype(np.float32)[None, None]


# ---- how far evaluations differ


def as_bf16(values: Array) -> Floats:
    """The nearest bfloat16, halves away from zero."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((bits + np.uint32(0x8000)) & np.uint32(0xFFFF0000)).view(np.float32)


def with_bf16_weights(stack: Stack) -> Stack:
    """What a BF16 evaluation computes, but for the rounding of what it stores: the first layer takes 0..255."""
    first, *others = stack.layers
    weight = as_bf16(first.weight * np.float32(1 / 255)) * np.float32(255)
    return replace(
        stack,
        layers=(replace(first, weight=weight), *(replace(layer, weight=as_bf16(layer.weight)) for layer in others)),
    )


def greatest_difference(stack: Stack, x: Floats, precision: Precision) -> Array:
    """[1, (u*scale)^2, h, w]: how far two evaluations' residuals may differ, or one from the exact residual.

    Every sum of n products may lie (n + 2) * 2^-24 times the sum of their absolute values off, whatever the order and
    wherever it is rounded; weights hand on what their inputs are off. A BF16 evaluation also rounds its input and
    each hidden value to 8 bits.
    """
    stored = 2.0**-8 if precision == "bf16" else 0.0
    network = with_bf16_weights(stack) if precision == "bf16" else stack
    value = blocks(x.astype(np.float64), stack.unshuffle)
    off = stored * np.abs(value)
    values: list[Array] = []
    offs: list[Array] = []
    for layer in network.layers:
        absolute = replace(layer, weight=np.abs(layer.weight), bias=np.abs(layer.bias))
        rounding = (layer.weight[0].size + 2) * 2.0**-24 * convolved(np.abs(value) + off, absolute)
        off = convolved(off, replace(absolute, bias=np.zeros_like(layer.bias))) + rounding
        value = convolved(value, layer)
        if layer is network.layers[-1]:
            break
        slope = channelwise(np.zeros(len(layer.weight)) if layer.slope is None else layer.slope)
        value, off = np.where(value > 0, value, value * slope), off * np.maximum(1, np.abs(slope))
        if layer.add is not None:
            value, off = value + values[layer.add], off + offs[layer.add]
        off = off + (stored + 2.0**-22) * (np.abs(value) + off)
        values.append(value)
        offs.append(off)
    return 2 * off


# ---- graphs


def graph_of(stack: Stack) -> bytes:
    """An FP32 network as an ONNX file, in the plainest words."""
    nodes: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []

    def constant(value: Any) -> str:
        constants.append(numpy_helper.from_array(np.asarray(value, np.float32), f"c{len(constants)}"))
        return constants[-1].name

    def node(operator: str, *inputs: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(operator, inputs, [f"v{len(nodes)}"], **attributes))
        return f"v{len(nodes) - 1}"

    value = node("SpaceToDepth", "x", blocksize=stack.unshuffle)
    outputs: list[str] = []
    for layer in stack.layers:
        pads = [layer.weight.shape[-1] // 2] * 4
        value = node("Conv", value, constant(layer.weight), constant(layer.bias), pads=pads)
        if layer is stack.layers[-1]:
            break
        slope = () if layer.slope is None else (constant(layer.slope[:, None, None]),)
        value = node("PRelu" if slope else "Relu", value, *slope)
        if layer.add is not None:
            value = node("Add", value, outputs[layer.add])
        outputs.append(value)
    value = node("DepthToSpace", value, blocksize=stack.unshuffle * stack.scale, mode="CRD")
    if stack.shortcut != "none":
        how: dict[str, Any] = {
            "mode": "nearest",
            "coordinate_transformation_mode": "asymmetric",
            "nearest_mode": "floor",
        }
        if stack.shortcut == "bicubic":
            how = {"mode": "cubic", "cubic_coeff_a": stack.cubic_a}
        value = node("Add", value, node("Resize", "x", "", constant([1, 1, stack.scale, stack.scale]), **how))
    shapes = [(name, (1, 1, None, None)) for name in ("x", value)]
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes]
    graph = helper.make_graph(nodes, "stack", ports[:1], ports[1:], constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(made.SerializeToString())
