"""ONNX Runtime at its best: all optimisations, threads that spin."""

from __future__ import annotations

from functools import partial

import onnxruntime

from ...engine.backends.session import model_errors
from ...engine.fused import fast_paths
from ..networks import Network
from .base import Case, Runner, TensorRunner, Values


def cases() -> list[Case]:
    """The two forms as they stand in their files."""
    return [Case(f"onnxruntime {form}", "onnxruntime", form, partial(_open, form)) for form in ("fp32", "int8")]


def _open(form: str, network: Network, size: tuple[int, int], threads: int) -> Runner:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    if not any("vnni" in path for path in fast_paths("int8")):
        options.add_session_config_entry("session.x64quantprecision", "1")  # else its sums of bytes are clipped
    path = network.form(form)
    with model_errors(f"ONNX Runtime cannot load {path.name}"):
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def function(x: Values) -> Values:
        (y,) = session.run(None, {name: x})
        made: Values = y
        return made

    return TensorRunner(function, network, size)
