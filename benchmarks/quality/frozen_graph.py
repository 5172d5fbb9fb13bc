"""Frozen TensorFlow graphs, `.pb`, as ONNX: the form in which FSRCNN and ESPCN are published for OpenCV.

OpenCV reads them only with its contributed `dnn_superres` (opencv/opencv, issue 27014), and then runs them in a runtime
of its own. As ONNX they run in the same runtime as all other networks here, so that their times can be compared. What
they compute is the same, bit for bit after rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ...engine.errors import ModelError

_HINT = "give FSRCNN_x2.pb, ESPCN_x3.pb or another such file for OpenCV's dnn_superres"
_OPSET, _IR_VERSION = 17, 8
_ELEMENTWISE = {
    "Abs": "Abs",
    "Add": "Add",
    "BiasAdd": "Add",
    "Mul": "Mul",
    "Relu": "Relu",
    "Sub": "Sub",
    "Tanh": "Tanh",
}
_DTYPES = {1: np.dtype("<f4"), 3: np.dtype("<i4")}  # by the numbers of TensorFlow's types.proto
_FULL_FROM_STUDIO = (255 / 219, -16 / 219)  # factor and offset, of code values over 255
_STUDIO_FROM_FULL = (219 / 255, 16 / 255)


def onnx_from_frozen(path: Path) -> onnx.ModelProto:
    """`x` float32 [1, 1, H, W] -> `y` float32 [1, 1, s*H, s*W], studio-range luma codes over 255.

    The network itself sees full range, which is what `dnn_superres` gives it. Raises ModelError for a file that cannot
    be read, or holds no such network.
    """
    graph = _Graph()
    try:
        for node in _read(path).node:
            graph.add(node)
        return graph.model(path.stem)
    except (DecodeError, LookupError, ValueError) as error:
        raise ModelError(f"{path} holds no such network: {' '.join(str(error).split())}", _HINT) from error


class _Graph:
    """What was translated so far. Channels stand before rows here, behind columns in TensorFlow."""

    def __init__(self) -> None:
        self._constants: dict[str, NDArray[Any]] = {}
        self._names = {"x": "x"}  # of tensors, by TensorFlow's
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def add(self, node: Any) -> None:
        """Raises LookupError or ValueError for what no such network has."""
        attributes = {each.key: each.value for each in node.attr}
        if node.op == "Const":
            self._constants[node.name] = _array(attributes["value"].tensor)
        elif node.op == "Placeholder":
            self._names[node.name] = self._scaled("x", _FULL_FROM_STUDIO)
        elif node.op == "Transpose":  # of the result, to channels first
            self._names[node.name] = self._names[node.input[0]]
        elif node.op == "Conv2D":
            kernel = self._constants[node.input[1]].transpose(3, 2, 0, 1)
            pads = [side // 2 for side in kernel.shape[2:]] * 2
            self._names[node.name] = self._emit("Conv", [self._names[node.input[0]], self._weight(kernel)], pads=pads)
        elif node.op == "DepthToSpace":
            block = attributes["block_size"].i
            self._names[node.name] = self._emit(
                "DepthToSpace", [self._names[node.input[0]]], blocksize=block, mode="DCR"
            )
        elif node.op in _ELEMENTWISE:
            self._names[node.name] = self._emit(_ELEMENTWISE[node.op], [self._input(name) for name in node.input])
        else:
            raise ValueError(f"operation {node.op} ({node.name}) is unknown here")

    def model(self, name: str) -> onnx.ModelProto:
        """The whole, with the last tensor as its result."""
        result = self._scaled(self._nodes[-1].output[0], _STUDIO_FROM_FULL)
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, "H", "W"])
        y = helper.make_tensor_value_info(result, TensorProto.FLOAT, [1, 1, "sH", "sW"])
        graph = helper.make_graph(self._nodes, name, [x], [y], self._weights)
        return helper.make_model(graph, ir_version=_IR_VERSION, opset_imports=[helper.make_opsetid("", _OPSET)])

    def _scaled(self, name: str, by: tuple[float, float]) -> str:
        factor, offset = (self._weight(np.array(value, np.float32)) for value in by)
        return self._emit("Add", [self._emit("Mul", [name, factor]), offset])

    def _emit(self, operator: str, inputs: Sequence[str], **attributes: Any) -> str:
        """The name of what it makes."""
        name = f"t{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def _input(self, name: str) -> str:
        """A tensor, or a constant a channel."""
        return self._names[name] if name in self._names else self._weight(self._constants[name].reshape(-1, 1, 1))

    def _weight(self, array: NDArray[Any]) -> str:
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(array), f"w{len(self._weights)}"))
        return str(self._weights[-1].name)


def _array(tensor: Any) -> NDArray[Any]:
    """A constant: packed bytes, or one number for all."""
    shape, dtype = [dim.size for dim in tensor.shape.dim], _DTYPES[tensor.dtype]
    if tensor.content:
        return np.frombuffer(tensor.content, dtype).reshape(shape)
    return np.full(shape, [*tensor.floats, *tensor.ints][0], dtype)


def _read(path: Path) -> Any:
    """The file as TensorFlow's GraphDef. Raises ModelError, DecodeError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}", "check its path and rights") from error
    return _graph_type().FromString(data)


_FIELDS = {
    "Graph": {"node": (1, "Node*")},
    "Node": {"name": (1, "string"), "op": (2, "string"), "input": (3, "string*"), "attr": (5, "Attribute*")},
    "Attribute": {"key": (1, "string"), "value": (2, "Value")},
    "Value": {"i": (3, "int64"), "tensor": (8, "Tensor")},
    "Tensor": {
        "dtype": (1, "int32"),
        "shape": (2, "Shape"),
        "content": (4, "bytes"),
        "floats": (5, "float*"),
        "ints": (7, "int32*"),
    },
    "Shape": {"dim": (2, "Dim*")},
    "Dim": {"size": (1, "int64")},
}
"""What is read of TensorFlow's graph.proto, node_def.proto, attr_value.proto, tensor.proto: numbers and types."""


def _graph_type() -> Any:
    """The message class for a whole graph."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="frozen_graph.proto", package="frozen", syntax="proto3")
    for message, fields in _FIELDS.items():
        added = file.message_type.add(name=message)
        for name, (number, kind) in fields.items():
            word, label = kind.rstrip("*"), field.LABEL_REPEATED if kind.endswith("*") else field.LABEL_OPTIONAL
            if word in _FIELDS:
                added.field.add(
                    name=name, number=number, label=label, type=field.TYPE_MESSAGE, type_name=f".frozen.{word}"
                )
            else:
                added.field.add(name=name, number=number, label=label, type=field.Type.Value(f"TYPE_{word.upper()}"))
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("frozen.Graph"))
