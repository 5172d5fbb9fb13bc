"""A trained network of our family as an ONNX graph.

The graph is written node by node instead of traced with `torch.onnx`: it is ten lines long, the same bytes
in every torch version, and holds nothing but convolutions, ReLU, two additions and one depth-to-space, which
every runtime fuses. A tracer would add shape arithmetic and names that change from release to release.
"""

from __future__ import annotations

from collections.abc import Iterator

import onnx
from onnx import TensorProto, helper, numpy_helper

from ..training.networks.plain import PlainSR

OPSET = 17  # old enough for all: ONNX Runtime reads it from 1.12, TensorRT from 8.6
IR_VERSION = 8  # the file format that came with opset 17


def onnx_from_network(network: PlainSR, name: str) -> onnx.ModelProto:
    """The collapsed network: `x` float32 [N, 1, H, W] -> `y` float32 [N, 1, s*H, s*W], N, H, W free."""
    plain = network.collapse()
    weights = [numpy_helper.from_array(tensor.numpy(), key) for key, tensor in plain.state_dict().items()]
    return model_of(list(_nodes(plain)), weights, name, plain.scale)


def model_of(nodes: list[onnx.NodeProto], constants: list[onnx.TensorProto], name: str, scale: int) -> onnx.ModelProto:
    """The model of luma `x` -> `y`, `scale` times larger, that these nodes make."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 1, "H", "W"])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 1, *(f"{scale}*{side}" for side in "HW")])
    graph = helper.make_graph(nodes, name, [x], [y], constants)
    return helper.make_model(
        graph,
        producer_name="framelift",
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )


def _nodes(plain: PlainSR) -> Iterator[onnx.NodeProto]:
    """The graph of `PlainSR.forward`, in its order."""
    yield _conv(plain, "head", "x")
    yield helper.make_node("Relu", ["head"], ["first"], "relu.head")
    features = "first"
    for index in range(len(plain.body)):
        yield _conv(plain, f"body.{index}", features)
        features = f"features.{index}"
        yield helper.make_node("Relu", [f"body.{index}"], [features], f"relu.body.{index}")
    yield helper.make_node("Add", [features, "first"], ["sum"], "add.first")
    yield _conv(plain, "tail", "sum")
    yield helper.make_node("Add", ["tail", "x"], ["subpixels"], "add.anchor")
    # CRD is the channel order of torch's pixel_shuffle.
    yield helper.make_node("DepthToSpace", ["subpixels"], ["y"], "shuffle", blocksize=plain.scale, mode="CRD")


def _conv(plain: PlainSR, name: str, source: str) -> onnx.NodeProto:
    kernel = plain.get_parameter(f"{name}.weight").shape[-1]
    inputs = [source, f"{name}.weight", f"{name}.bias"]
    pads = [kernel // 2] * 4
    return helper.make_node("Conv", inputs, [name], f"conv.{name}", kernel_shape=[kernel, kernel], pads=pads)
