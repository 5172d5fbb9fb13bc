"""ONNX Runtime sessions: how one is opened, and its errors as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as errors

from ..errors import ModelError
from ..fused import fast_paths

CPU = "CPUExecutionProvider"
_ERRORS = (
    errors.EPFail,
    errors.Fail,
    errors.InvalidArgument,
    errors.InvalidGraph,
    errors.InvalidProtobuf,
    errors.ModelLoaded,
    errors.NoModel,
    errors.NoSuchFile,
    errors.NotImplemented,
    errors.RuntimeException,
)


@contextmanager
def model_errors(what: str) -> Iterator[None]:
    """ONNX Runtime's errors become ModelError: "`what`: its own words"."""
    try:
        yield
    except _ERRORS as error:
        message = f"{what}: {' '.join(str(error).split())}"
        raise ModelError(message, "the file may be damaged, or use operators ONNX Runtime lacks") from error


def open_session(path: Path, threads: int, provider: str = CPU) -> onnxruntime.InferenceSession:
    """A session on `provider` with `threads` threads of its own. Raises ModelError.

    Its threads sleep instead of spinning when they have nothing to do: decoding and encoding need the cores.
    """
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if not any("vnni" in path for path in fast_paths("int8")):
        # Without VNNI its products of bytes clip their sums, unless told not to; with it that would halve the speed.
        options.add_session_config_entry("session.x64quantprecision", "1")
    options.log_severity_level = 4  # what goes wrong is raised
    providers = list(dict.fromkeys([provider, CPU]))  # the CPU runs what a device has no operator for
    with model_errors(f"ONNX Runtime cannot load {path}"):
        session = onnxruntime.InferenceSession(str(path), options, providers=providers)
    if provider not in session.get_providers():
        raise ModelError(
            f"ONNX Runtime lists {provider} but cannot start it on this machine",
            "install the driver and libraries it needs, or use backend onnxruntime, which runs on the CPU",
        )
    return session
