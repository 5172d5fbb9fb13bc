"""Single nodes of an ONNX graph in the terms of our family: what one says, or that it is outside."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from .errors import UnsupportedNetwork
from .stack import KERNELS, MAX_CHANNELS, SCALES

_HALF_PIXEL = ("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric")
"""The same places for an integer scale from 2 up."""
_ROUNDED: dict[str, Callable[[float], int]] = {
    "round_prefer_floor": lambda place: math.ceil(place - 0.5),
    "round_prefer_ceil": lambda place: math.floor(place + 0.5),
    "floor": math.floor,
    "ceil": math.ceil,
}


def unsupported(node: onnx.NodeProto, problem: str, allowed: str) -> UnsupportedNetwork:
    """`node` `problem`, such as "has stride 2": the error to raise."""
    operator = ".".join(filter(None, (node.domain, node.op_type)))
    name = node.name or ", ".join(node.output)
    return UnsupportedNetwork(f"{operator} {name!r} {problem}; the native kernel allows {allowed}")


def attributes_of(node: onnx.NodeProto) -> dict[str, Any]:
    """All that are stated, texts as str."""
    stated = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in stated.items()}


def constant_of(node: onnx.NodeProto) -> NDArray[Any]:
    """The value of a Constant node."""
    (value,) = attributes_of(node).values()
    return onnx.numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else np.array(value)


def check_conv(node: onnx.NodeProto, weight: NDArray[Any], channels_in: int) -> None:
    """Raises UnsupportedNetwork unless it is a plain 'same' convolution of [O, channels_in, k, k]."""
    stated = attributes_of(node)
    if weight.ndim != 4 or weight.shape[2] != weight.shape[3] or weight.shape[2] not in KERNELS:
        raise unsupported(node, f"has weights {list(weight.shape)}", "kernels of 1x1, 3x3 and 5x5")
    if stated.get("group", 1) != 1 or weight.shape[1] != channels_in:
        raise unsupported(node, f"takes {weight.shape[1]} of {channels_in} channels", "one group of all")
    if not 1 <= len(weight) <= MAX_CHANNELS:
        raise unsupported(node, f"has {len(weight)} channels", f"1 to {MAX_CHANNELS}")
    for name in ("strides", "dilations"):
        if any(step != 1 for step in stated.get(name, [])):
            raise unsupported(node, f"has {name} {list(stated[name])}", "1")
    pads, same = _pads(stated, weight.shape[2]), [weight.shape[2] // 2] * 4
    if pads != same:
        raise unsupported(node, f"has pads {pads}", f"{same}: as large out as in")


def _pads(stated: dict[str, Any], kernel: int) -> list[int]:
    auto = stated.get("auto_pad", "NOTSET")
    if auto == "NOTSET":
        return list(stated.get("pads", [0] * 4))
    return [0 if auto == "VALID" else kernel // 2] * 4  # SAME_UPPER and SAME_LOWER: k is odd


def slope_of(node: onnx.NodeProto, slope: NDArray[Any], channels: int) -> NDArray[np.float32]:
    """[channels] of a PRelu, from one slope for all or one for each."""
    try:
        each = np.broadcast_to(slope, (1, channels, 1, 1))
    except ValueError as error:
        raise unsupported(node, f"has slopes {list(slope.shape)}", "one, or one for each channel") from error
    return each.reshape(channels).astype(np.float32)


def enlargement(node: onnx.NodeProto, scales: NDArray[Any]) -> tuple[int, float | None]:
    """Of a Resize: its integer scale, and bicubic's coefficient, None for the nearest pixel."""
    stated = attributes_of(node)
    scale = next((s for s in SCALES if scales.tolist() == [1, 1, s, s]), None)
    if scale is None or list(stated.get("axes", range(4))) != [0, 1, 2, 3]:
        raise unsupported(node, f"has scales {scales.tolist()}", f"[1, 1, s, s] with s one of {SCALES}")
    mode, places = stated.get("mode", "nearest"), stated.get("coordinate_transformation_mode", "half_pixel")
    if mode == "nearest" and _repeats(places, stated.get("nearest_mode", "round_prefer_floor"), scale):
        return scale, None
    if mode == "cubic" and places in _HALF_PIXEL and not stated.get("exclude_outside"):
        return scale, float(np.float32(stated.get("cubic_coeff_a", -0.75)))
    how = ", ".join(f"{name} {value}" for name, value in stated.items())
    raise unsupported(node, f"has {how}", "nearest that repeats each pixel, or half_pixel cubic that repeats edges")


def _repeats(places: str, rounding: str, scale: int) -> bool:
    """Whether 'nearest' takes pixel i // scale for each sub-pixel i."""
    shift = 0.5 if places in _HALF_PIXEL else 0.0
    if not shift and places != "asymmetric":
        return False
    rounded = _ROUNDED.get(rounding)
    return rounded is not None and all(rounded((i + shift) / scale - shift) == i // scale for i in range(4 * scale))
