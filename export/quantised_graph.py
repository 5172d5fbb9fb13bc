"""An integer network as an ONNX graph of QuantizeLinear and DequantizeLinear nodes around the FP32 operators.

Every runtime that computes in integers reads this form: it fuses the nodes around an operator with it. Others compute
the same values in FP32. Zero points are written out, though they are 0, because some readers ask for them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from torch import Tensor

from .graph import model_of
from .quantised import CODE_STEP, QuantisedConv, QuantisedSR


def onnx_from_quantised(network: QuantisedSR, name: str) -> onnx.ModelProto:
    """`x` float32 [N, 1, H, W] -> `y` float32 [N, 1, s*H, s*W], N, H, W free."""
    return _Graph(network).model(name)


class _Graph:
    """The nodes and constants as they come."""

    def __init__(self, network: QuantisedSR) -> None:
        self._network = network
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def model(self, name: str) -> onnx.ModelProto:
        self._constant("zero", np.array(0, np.uint8))
        features = [self._codes("x", "input", CODE_STEP)]
        last = len(self._network.hidden) - 1
        for index, (conv, step) in enumerate(zip(self._network.hidden, self._network.steps, strict=True)):
            layer = "head" if index == 0 else f"body.{index - 1}"
            made = self._node("Relu", [self._conv(conv, layer, features[-1])], f"{layer}.relu")
            if index == last:
                made = self._node("Add", [made, features[1]], "sum")
            features.append(self._codes(made, layer, step))
        residual = self._conv(self._network.tail, "tail", features[-1])
        subpixels = self._node("Add", [residual, "x"], "subpixels")
        self._node("DepthToSpace", [subpixels], "y", blocksize=self._network.scale, mode="CRD")
        return model_of(self._nodes, self._constants, name, self._network.scale)

    def _codes(self, source: str, of: str, step: Tensor) -> str:
        """Through uint8 codes and back."""
        constants = [self._constant(f"{of}.step", step.numpy()), "zero"]
        codes = self._node("QuantizeLinear", [source, *constants], f"{of}.codes")
        return self._node("DequantizeLinear", [codes, *constants], f"{of}.values")

    def _conv(self, conv: QuantisedConv, layer: str, source: str) -> str:
        weight = self._decoded(f"{layer}.weight", conv.weight, conv.weight_step)
        bias = self._decoded(f"{layer}.bias", conv.bias, conv.product_step)
        kernel = conv.weight.shape[-1]
        sides = {"kernel_shape": [kernel] * 2, "pads": [kernel // 2] * 4}
        return self._node("Conv", [source, weight, bias], layer, **sides)

    def _decoded(self, name: str, codes: Tensor, step: Tensor) -> str:
        """A constant kept as integers, one step for each output channel."""
        integers = codes.numpy()
        constants = {"codes": integers, "step": step.numpy(), "zero": np.zeros(step.shape, integers.dtype)}
        inputs = [self._constant(f"{name}.{part}", value) for part, value in constants.items()]
        return self._node("DequantizeLinear", inputs, name, axis=0)

    def _node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        name = f"{operator}.{output}"
        self._nodes.append(helper.make_node(operator, inputs, [output], name, **attributes))
        return output

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        self._constants.append(numpy_helper.from_array(value, name))
        return name
