"""A convolution's weights and biases as a graph holds them: float32, or integers with their steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from .stack_nodes import attributes_of, check_conv, unsupported

Array = NDArray[Any]
CODE = np.float32(1 / 255)
"""The step of the quantised input."""


@dataclass(frozen=True, eq=False)
class Quantised:
    """A constant in integers: its values are codes * step."""

    codes: Array  # int8 or int32, the output channels first
    step: NDArray[np.float32]  # [O] or []

    def __str__(self) -> str:
        return f"{self.codes.dtype} constants"


@dataclass(frozen=True, eq=False)
class Parameters:
    """What a convolution multiplies by and adds."""

    weight: Array  # [O, I, k, k], float32 or int8
    bias: Array  # [O], float32 or int32
    step: NDArray[np.float32] | None  # [O], of the int32 accumulator; None: FP32


def parameters_of(
    node: onnx.NodeProto, weight: object, bias: object, channels_in: int, step: np.float32 | None
) -> Parameters:
    """Of a Conv of an input with the code step `step`, None for float32; `bias` may be None."""
    found = _floats(node, weight, bias) if step is None else _integers(node, weight, bias, step)
    check_conv(node, found.weight, channels_in)
    if found.bias.shape != found.weight.shape[:1]:
        raise unsupported(node, f"has biases {list(found.bias.shape)}", "one for each output channel")
    return found


def _floats(node: onnx.NodeProto, weight: object, bias: object) -> Parameters:
    if bias is None and isinstance(weight, np.ndarray):
        bias = np.zeros(weight.shape[:1], np.float32)
    for each in (weight, bias):
        if not isinstance(each, np.ndarray) or each.dtype != np.float32:
            raise unsupported(node, f"multiplies float32 values by {_kind(each)}", "float32 constants")
    assert isinstance(weight, np.ndarray)
    assert isinstance(bias, np.ndarray)
    return Parameters(weight, bias, None)


def _integers(node: onnx.NodeProto, weight: object, bias: object, step: np.float32) -> Parameters:
    if not isinstance(weight, Quantised) or weight.codes.dtype != np.int8:
        raise unsupported(node, f"multiplies uint8 codes by {_kind(weight)}", "int8 constants with a scale")
    product = np.broadcast_to(step * weight.step, weight.codes.shape[:1])
    if bias is None:
        return Parameters(weight.codes, np.zeros(product.shape, np.int32), product)
    if not isinstance(bias, Quantised) or bias.codes.dtype != np.int32:
        raise unsupported(node, f"adds {_kind(bias)} to int8 products", "int32 constants with a scale")
    if bias.step.shape not in ((), product.shape) or not np.allclose(bias.step, product, rtol=1e-5, atol=0):
        raise unsupported(node, "has biases of another scale", "the input's scale times the weights'")
    return Parameters(weight.codes, bias.codes, product)


def _kind(value: object) -> str:
    return f"{value.dtype} constants" if isinstance(value, np.ndarray) else str(value or "what is computed")


def constant_codes(node: onnx.NodeProto, codes: Array, step: Array | None, zero: Array | None) -> Quantised:
    """Of a DequantizeLinear of a constant: int8 or int32, with one scale or one for each output channel."""
    steps = _steps(node, step, zero)
    if codes.dtype not in (np.int8, np.int32) or codes.ndim == 0:
        raise unsupported(node, f"takes {codes.dtype} {list(codes.shape)}", "int8 weights and int32 biases")
    each = steps.shape == codes.shape[:1] and attributes_of(node).get("axis", 1) in (0, -codes.ndim)
    if steps.size != 1 and not each:
        raise unsupported(node, f"has scales {list(steps.shape)}", "one, or one for each output channel along axis 0")
    return Quantised(codes, steps if each else steps.reshape(()))


def activation_step(node: onnx.NodeProto, step: Array | None, zero: Array | None) -> np.float32:
    """Of a QuantizeLinear to uint8 or a DequantizeLinear from it: one scale for the whole tensor."""
    steps = _steps(node, step, zero)
    if steps.size != 1:
        raise unsupported(node, f"has {steps.size} scales", "one for all channels of an activation")
    stated = attributes_of(node).get("output_dtype", onnx.TensorProto.UINT8)
    if stated not in (onnx.TensorProto.UINT8, onnx.TensorProto.FLOAT) or (zero is not None and zero.dtype != np.uint8):
        raise unsupported(node, "makes another type", "uint8 activations")
    return np.float32(steps.item())


def _steps(node: onnx.NodeProto, step: Array | None, zero: Array | None) -> NDArray[np.float32]:
    if zero is not None and np.any(zero):
        raise unsupported(node, f"has zero point {zero.flat[0]}", "0")
    if step is None:
        raise unsupported(node, "has no scale", "constants")
    if step.dtype != np.float32 or not np.all((step > 0) & np.isfinite(step)):
        raise unsupported(node, f"has scales from {step.min():.4g} in {step.dtype}", "positive ones in float32")
    return step
