"""What a network costs whatever runs it: multiply-accumulates, counted in its graph."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import onnx
from onnx import shape_inference

from ...engine.model import Model

_SIDE = 64  # of the input that sizes are inferred for: a multiple of what networks want
_NOT_COUNTED = {"MatMul", "Gemm", "Attention", "QLinearConv", "ConvInteger", "MatMulInteger"}

Shapes = Mapping[str, list[int]]


def macs_per_pixel(model: Model) -> int | None:
    """Of all convolutions, per input pixel; None where the graph has other products, or sizes that cannot be told."""
    height, width = model.fixed_size or (_SIDE, _SIDE)
    proto = onnx.load(model.path)
    if any(node.op_type in _NOT_COUNTED for node in proto.graph.node):
        return None
    shapes = _shapes(proto, model, (height, width))
    try:
        products = sum(_macs(node, shapes) for node in proto.graph.node)
    except KeyError:
        return None
    return round(products / (height * width))


def _macs(node: onnx.NodeProto, shapes: Shapes) -> int:
    """Each weight is used once for each pixel of the output; of a transposed convolution, of the input."""
    if node.op_type not in {"Conv", "ConvTranspose"}:
        return 0
    pixels = shapes[node.output[0] if node.op_type == "Conv" else node.input[0]]
    return prod(shapes[node.input[1]]) * prod(pixels[2:])


def _shapes(proto: onnx.ModelProto, model: Model, size: tuple[int, int]) -> Shapes:
    """Of every tensor whose shape is certain for an input of `size`."""
    source = next(value for value in proto.graph.input if value.name == model.input.name)
    for dim, side in zip(source.type.tensor_type.shape.dim, (1, model.channels, *size), strict=True):
        dim.dim_value = side
    for output in proto.graph.output:  # what it says of free sizes would contradict
        output.type.tensor_type.ClearField("shape")
    graph = shape_inference.infer_shapes(proto, data_prop=True).graph
    values = {
        value.name: value.type.tensor_type.shape.dim for value in (*graph.value_info, *graph.input, *graph.output)
    }
    known = {name: [dim.dim_value for dim in dims] for name, dims in values.items() if all(d.dim_value for d in dims)}
    return known | {tensor.name: list(tensor.dims) for tensor in graph.initializer}
