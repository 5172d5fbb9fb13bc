"""OpenVINO at its best: sizes fixed, each precision the processor has, and INT8 with bytes at both ends.

The last is what its CPU plugin likes most: uint8 straight into the first convolution, and uint8 sub-pixels straight
out of the last one, a pixel's side by side (NHWC). The shuffle that is left is done outside, in `give`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ...engine.errors import ModelError
from ..networks import Network
from .base import Case, Codes, Runner, TensorRunner, Values, errors_of, package

BEST = "openvino int8 at best"


def cases() -> list[Case]:
    """The forms as they stand in their files, and INT8 at its best."""
    forms = {"fp32": "fp32", "bf16": "fp32", "int8": "int8"}
    as_filed = [Case(f"openvino {p}", "openvino", p, partial(_open, form, p)) for p, form in forms.items()]
    return [*as_filed, Case(BEST, "openvino", "int8", _open_best)]


def _open(form: str, precision: str, network: Network, size: tuple[int, int], threads: int) -> Runner:
    openvino, path = package("openvino", "framelift[openvino]"), network.form(form)
    core, (width, height) = openvino.Core(), size
    if precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise ModelError("OpenVINO offers no BF16 on this processor", "choose another precision")
    with errors_of("OpenVINO", RuntimeError):
        model = core.read_model(path)
        model.reshape([1, 1, height, width])
        request = _compiled(core, model, threads, "bf16" if precision == "bf16" else "f32").create_infer_request()

    def function(x: Values) -> Values:
        made: Values = request.infer({0: x}, share_inputs=True, share_outputs=True)[0]
        return made

    return TensorRunner(function, network, size)


def _open_best(network: Network, size: tuple[int, int], threads: int) -> Runner:
    openvino, (width, height) = package("openvino", "framelift[openvino]"), size
    core, layout = openvino.Core(), openvino.Layout
    data = byte_form(network.form("int8")).SerializeToString()
    with errors_of("OpenVINO", RuntimeError):
        model = core.read_model(data)
        model.reshape([1, 1, height, width])
        processor = openvino.preprocess.PrePostProcessor(model)
        processor.output().model().set_layout(layout("NCHW"))
        processor.output().tensor().set_layout(layout("NHWC"))
        compiled = _compiled(core, processor.build(), threads, "f32")
    return _ByteRunner(openvino, compiled.create_infer_request(), network, size)


def _compiled(core: Any, model: Any, threads: int, precision: str) -> Any:
    """For latency: one stream over all threads."""
    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        "ENABLE_CPU_PINNING": False,
        "INFERENCE_PRECISION_HINT": precision,
    }
    return core.compile_model(model, "CPU", settings)


class _ByteRunner:
    """uint8 [1, 1, H, W] in, uint8 [1, H, W, s*s] out."""

    def __init__(self, openvino: Any, request: Any, network: Network, size: tuple[int, int]) -> None:
        width, height = size
        self._shape = (height, width, network.scale)
        self._request = request
        self._x: Codes = np.empty((1, 1, height, width), np.uint8)
        self._large: Codes = np.empty((network.scale * height, network.scale * width), np.uint8)
        request.set_input_tensor(openvino.Tensor(self._x, shared_memory=True))

    def take(self, plane: Codes) -> None:
        """See `Runner.take`."""
        self._x[0, 0] = plane

    def run(self) -> None:
        """See `Runner.run`."""
        self._request.infer()

    def give(self) -> Codes:
        """See `Runner.give`: s sub-pixels of a row are moved at a time."""
        height, width, scale = self._shape
        run = np.dtype((np.void, scale))
        sub_pixels = self._request.get_output_tensor().data.view(run).reshape(height, width, scale)
        np.copyto(self._large.view(run).reshape(height, scale, width), sub_pixels.transpose(0, 2, 1))
        return self._large


def byte_form(path: Path) -> onnx.ModelProto:
    """An INT8 model with uint8 input and, before its depth-to-space, which is left out, uint8 output.

    Raises ModelError for a model that does not begin with the quantisation of its input and end with the shuffle.
    """
    proto = onnx.load(path)
    graph, (source, target) = proto.graph, (proto.graph.input[0], proto.graph.output[0])
    first = [node for node in graph.node if node.op_type == "QuantizeLinear" and node.input[0] == source.name]
    last = [node for node in graph.node if node.op_type == "DepthToSpace" and node.output[0] == target.name]
    if len(first) != 1 or len(last) != 1:
        raise ModelError(f"{path.name} cannot take and give bytes: its shuffle is not its end", "measure it as it is")
    codes = first[0].output[0]
    (values,) = (node.output[0] for node in graph.node if node.input[0] == codes)
    for node in graph.node:
        renamed = {codes: source.name, source.name: values}  # what took the exact input takes that of its codes
        node.input[:] = [renamed.get(name, name) for name in node.input]
    for node in (*first, *last):
        graph.node.remove(node)
    step, zero = np.array(1 / 255, np.float32), np.array(0, np.uint8)
    graph.initializer.append(numpy_helper.from_array(step, "byte.scale"))
    graph.initializer.append(numpy_helper.from_array(zero, "byte.zero"))
    graph.node.append(helper.make_node("QuantizeLinear", [last[0].input[0], "byte.scale", "byte.zero"], ["bytes"]))
    source.type.tensor_type.elem_type = TensorProto.UINT8
    target.CopyFrom(helper.make_tensor_value_info("bytes", TensorProto.UINT8, (None,) * 4))
    return proto
