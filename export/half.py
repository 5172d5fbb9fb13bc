"""The FP16 form: 8-bit codes in and out, the network in FP16 between, as GPUs run it fastest.

What the network adds to the picture is computed in FP16 and added to the codes in FP32: FP16 has 11 bits, so that a
sum in it would round the picture itself. Casts come first and last, so that nothing but bytes crosses the bus.
"""

from __future__ import annotations

import copy

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

from ..training.networks.network import Network
from ..training.networks.plain import PlainSR
from .graph import constants_of, model_of, shuffle, stack_nodes
from .parity import Parity, Upscale, check_parity, function_of
from .traced import onnx_from_traced

LARGEST_DIFFERENCE = 1.001 / 255
"""Between the codes of the FP16 form and the network's, white = 1: one code, where rounding goes the other way."""
LEAST_PSNR = 55.0
"""In dB, of these codes against each other: one code's difference in five."""


def onnx_in_half(network: Network, name: str) -> onnx.ModelProto:
    """`x` uint8 [N, C, H, W] -> `y` uint8 [N, C, s*H, s*W], N, H, W free. Raises ResultError."""
    if isinstance(network, PlainSR):
        return _by_hand(network.collapse(), name)
    return onnx_from_traced(_HalfForm(network), name, torch.uint8)


def check_half(network: Network, proto: onnx.ModelProto) -> Parity:
    """Compare the form with the network's own codes. Raises ResultError, which says by how much they differ."""
    plain = copy.deepcopy(network.collapse()).eval()

    def codes_of(x: Tensor) -> Tensor:
        y: Tensor = plain((x * 255).round() / 255)
        return (y * 255).round().clamp(0, 255) / 255

    return check_parity(codes_of, half_function_of(proto), LARGEST_DIFFERENCE, LEAST_PSNR, channels=network.channels)


def half_function_of(proto: onnx.ModelProto) -> Upscale:
    """The form as a function of values with white = 1, which it rounds to codes."""
    run = function_of(proto)

    def upscale(x: NDArray[np.float32]) -> NDArray[np.float32]:
        codes = np.rint(np.clip(x, 0.0, 1.0) * np.float32(255.0)).astype(np.uint8)
        return run(codes).astype(np.float32) / np.float32(255.0)

    return upscale


def _by_hand(plain: PlainSR, name: str) -> onnx.ModelProto:
    node = helper.make_node
    nodes = [
        node("Cast", ["x"], ["code"], "cast.half", to=TensorProto.FLOAT16),
        node("Mul", ["code", "step"], ["value"], "to.value"),
        *stack_nodes(plain, "value"),
        node("Cast", ["residual"], ["wide"], "cast.residual", to=TensorProto.FLOAT),
        node("Mul", ["wide", "white"], ["added"], "to.codes"),
        node("Cast", ["x"], ["exact"], "cast.exact", to=TensorProto.FLOAT),
        node("Add", ["added", "exact"], ["subpixels"], "add.anchor"),
        shuffle(plain.scale, "subpixels", "enlarged"),
        node("Round", ["enlarged"], ["whole"], "round"),
        node("Clip", ["whole", "black", "white"], ["clipped"], "clip"),
        node("Cast", ["clipped"], ["y"], "cast.codes", to=TensorProto.UINT8),
    ]
    scalars = {"step": np.float16(1 / 255), "white": np.float32(255), "black": np.float32(0)}
    constants = [numpy_helper.from_array(np.array(value), key) for key, value in scalars.items()]
    return model_of(nodes, constants_of(plain, np.float16) + constants, name, plain.scale, TensorProto.UINT8)


class _HalfForm(Network):
    """Any network between its casts; one without a shortcut from its input has no residual to add in FP32."""

    def __init__(self, network: Network) -> None:
        super().__init__(network.scale, network.channels)
        self.network = copy.deepcopy(network.collapse()).half().eval()

    def forward(self, x: Tensor) -> Tensor:
        """uint8 [N, C, H, W] -> uint8 [N, C, s*H, s*W]."""
        y: Tensor = self.network(x.half() * (1 / 255)).float() * 255
        return y.round().clamp(0, 255).to(torch.uint8)
