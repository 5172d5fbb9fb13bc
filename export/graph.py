"""A trained network of our family as an ONNX graph.

The graph is written node by node instead of traced with `torch.onnx`: it is ten lines long, the same bytes
in every torch version, and holds nothing but convolutions, ReLU, two additions and one depth-to-space, which
every runtime fuses. A tracer would add shape arithmetic and names that change from release to release.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ..training.networks.plain import PlainSR

OPSET = 17  # old enough for all: ONNX Runtime reads it from 1.12, TensorRT from 8.6
IR_VERSION = 8  # the file format that came with opset 17


def onnx_from_network(network: PlainSR, name: str) -> onnx.ModelProto:
    """The collapsed network: `x` float32 [N, 1, H, W] -> `y` float32 [N, 1, s*H, s*W], N, H, W free."""
    plain = network.collapse()
    anchored = helper.make_node("Add", ["residual", "x"], ["subpixels"], "add.anchor")
    nodes = [*stack_nodes(plain, "x"), anchored, shuffle(plain.scale, "subpixels", "y")]
    return model_of(nodes, constants_of(plain, np.float32), name, plain.scale)


def constants_of(plain: PlainSR, kind: type[np.floating[Any]]) -> list[onnx.TensorProto]:
    """The weights and biases that `stack_nodes` names."""
    return [numpy_helper.from_array(tensor.numpy().astype(kind), key) for key, tensor in plain.state_dict().items()]


def model_of(
    nodes: list[onnx.NodeProto],
    constants: list[onnx.TensorProto],
    name: str,
    scale: int,
    kind: int = TensorProto.FLOAT,
) -> onnx.ModelProto:
    """The model of luma `x` -> `y`, `scale` times larger, that these nodes make; `kind` is the type of both."""
    x = helper.make_tensor_value_info("x", kind, ["N", 1, "H", "W"])
    y = helper.make_tensor_value_info("y", kind, ["N", 1, *(f"{scale}*{side}" for side in "HW")])
    graph = helper.make_graph(nodes, name, [x], [y], constants)
    return helper.make_model(
        graph,
        producer_name="framelift",
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )


def stack_nodes(plain: PlainSR, source: str) -> Iterator[onnx.NodeProto]:
    """From `source` to `residual`, what is added to each sub-pixel of the repeated input: `PlainSR.forward`'s order."""
    yield _conv(plain, "head", source, "head")
    yield helper.make_node("Relu", ["head"], ["first"], "relu.head")
    features = "first"
    for index in range(len(plain.body)):
        yield _conv(plain, f"body.{index}", features, f"body.{index}")
        features = f"features.{index}"
        yield helper.make_node("Relu", [f"body.{index}"], [features], f"relu.body.{index}")
    yield helper.make_node("Add", [features, "first"], ["sum"], "add.first")
    yield _conv(plain, "tail", "sum", "residual")


def shuffle(scale: int, source: str, target: str) -> onnx.NodeProto:
    """Depth to space; CRD is the channel order of torch's pixel_shuffle."""
    return helper.make_node("DepthToSpace", [source], [target], "shuffle", blocksize=scale, mode="CRD")


def _conv(plain: PlainSR, name: str, source: str, target: str) -> onnx.NodeProto:
    kernel = plain.get_parameter(f"{name}.weight").shape[-1]
    inputs = [source, f"{name}.weight", f"{name}.bias"]
    pads = [kernel // 2] * 4
    return helper.make_node("Conv", inputs, [target], f"conv.{name}", kernel_shape=[kernel, kernel], pads=pads)
