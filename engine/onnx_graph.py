"""What an `.onnx` file says of itself before anything runs it: its input, its output, its metadata."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto
from onnx.external_data_helper import ExternalDataInfo, uses_external_data

from .errors import ModelError

DTYPES: dict[int, np.dtype[Any]] = {
    TensorProto.FLOAT: np.dtype(np.float32),
    TensorProto.FLOAT16: np.dtype(np.float16),
    TensorProto.UINT8: np.dtype(np.uint8),
}
_NOT_A_MODEL = "give an .onnx file that was exported whole"
_NOT_AN_UPSCALER = "a model of framelift takes one [N, C, H, W] input and gives one [N, C, s*H, s*W] output"


@dataclass(frozen=True)
class Port:
    """An input or output of the graph; a dimension that is free is None."""

    name: str
    dtype: np.dtype[Any]  # one of DTYPES
    shape: tuple[int | None, ...]  # [N, C, H, W]

    def __str__(self) -> str:
        return f"{self.name} {self.dtype} [{', '.join('?' if d is None else str(d) for d in self.shape)}]"


@dataclass(frozen=True)
class GraphFacts:
    """One file's identity, ports and metadata."""

    sha256: str  # of the file and of the weight files beside it
    input: Port
    output: Port
    metadata: dict[str, str]


def read_graph(path: Path) -> GraphFacts:
    """Raises ModelError for a file that is not a whole ONNX model with one picture in and one picture out."""
    data = _read(path)
    proto = _parse(path, data)
    beside = _external_files(path, proto)
    digest = hashlib.sha256(data)
    for file in beside:
        digest.update(_read(file))
    initialised = {tensor.name for tensor in proto.graph.initializer}
    inputs = [value for value in proto.graph.input if value.name not in initialised]
    return GraphFacts(
        digest.hexdigest(),
        _only_port(path, "input", inputs),
        _only_port(path, "output", list(proto.graph.output)),
        {entry.key: entry.value for entry in proto.metadata_props},
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read model file {path}: {error.strerror}", "check its path and rights") from error


def _parse(path: Path, data: bytes) -> onnx.ModelProto:
    try:
        proto = onnx.load_model_from_string(data)
    except DecodeError as error:
        raise ModelError(f"{path} is no ONNX model, or is cut off ({len(data)} bytes)", _NOT_A_MODEL) from error
    if not proto.graph.node:
        raise ModelError(f"{path} holds no ONNX graph ({len(data)} bytes)", _NOT_A_MODEL)
    return proto


def _external_files(path: Path, proto: onnx.ModelProto) -> list[Path]:
    """The files beside the model that hold its larger tensors."""
    tensors = [tensor for tensor in _tensors(proto) if uses_external_data(tensor)]
    names = sorted({ExternalDataInfo(tensor).location for tensor in tensors})
    for name in names:
        if not (path.parent / name).is_file():
            raise ModelError(f"{path} keeps weights in {name}, which is missing", "put that file beside the model")
    return [path.parent / name for name in names]


def _tensors(proto: onnx.ModelProto) -> Iterator[TensorProto]:
    yield from proto.graph.initializer
    for node in proto.graph.node:
        yield from (attribute.t for attribute in node.attribute if attribute.HasField("t"))


def _only_port(path: Path, kind: str, values: list[onnx.ValueInfoProto]) -> Port:
    if len(values) != 1:
        raise ModelError(f"{path} has {len(values)} {kind}s, allowed: one", _NOT_AN_UPSCALER)
    value = values[0]
    tensor = value.type.tensor_type
    if tensor.elem_type not in DTYPES:
        names = {number: name for name, number in TensorProto.DataType.items()}
        name = names.get(tensor.elem_type, f"of the unknown type {tensor.elem_type}")
        allowed = ", ".join(str(dtype) for dtype in DTYPES.values())
        raise ModelError(f"{kind} {value.name} of {path} is {name}, allowed: {allowed}", "export it as float32")
    shape = tuple(dim.dim_value if dim.dim_value > 0 else None for dim in tensor.shape.dim)
    port = Port(value.name, DTYPES[tensor.elem_type], shape)
    if tensor.HasField("shape") and len(shape) != 4:
        raise ModelError(f"{kind} {port} of {path} has {len(shape)} dimensions, allowed: 4", _NOT_AN_UPSCALER)
    return port
