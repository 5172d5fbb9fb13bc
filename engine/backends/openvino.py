"""OpenVINO: any model on a CPU, often faster than ONNX Runtime; an extra that is loaded when it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..errors import ModelError
from .base import Batch, check_output, from_model_values, run_batch, to_model_values

if TYPE_CHECKING:
    from ..model import Model

INSTALL = "pip install framelift[openvino]"


class OpenVinoBackend:
    """A model compiled for the CPU. Each thread that calls `run` has an infer request of its own."""

    frames_at_once = 1  # a call uses all threads itself

    def __init__(self, model: Model, threads: int, *, name: str, why: str) -> None:
        openvino = _openvino()
        version = openvino.__version__.partition("-")[0]
        self.name = name
        self.reason = f"{why} (OpenVINO {version}, CPU, {threads} thread{'s' if threads > 1 else ''})"
        self._model = model
        with _model_errors(f"OpenVINO cannot load {model.path}"):
            self._compiled: Any = openvino.Core().compile_model(model.path, "CPU", _settings(threads))
        self._own = threading.local()

    def run(self, x: Batch) -> Batch:
        """See `Backend.run`."""
        return run_batch(self._model, x, self._run)

    def close(self) -> None:
        """See `Backend.close`."""
        self._compiled = None
        self._own = threading.local()

    def _run(self, x: Batch) -> Batch:
        model = self._model
        with _model_errors(f"OpenVINO cannot run {model.name} on {list(x.shape)}"):
            y = self._request().infer({0: to_model_values(model, x)}, share_inputs=True)[0]
        check_output(model, x.shape, y.shape)
        return from_model_values(model, y)

    def _request(self) -> Any:
        """The calling thread's own. Raises ModelError when the backend is closed."""
        compiled = self._compiled
        if compiled is None:
            raise ModelError(f"backend {self.name} of {self._model.name} is closed", "open a new one")
        if not hasattr(self._own, "request"):
            self._own.request = compiled.create_infer_request()
        return self._own.request


def _openvino() -> Any:
    """The package. Raises ModelError where it is missing or its libraries do not load."""
    try:
        return import_module("openvino")
    except ImportError as error:
        raise ModelError(f"backend openvino cannot start: {error}", INSTALL) from error


def _settings(threads: int) -> dict[str, object]:
    """Threads that the system may move, for two pinned models would share a core; no precision below the file's.

    The precision is that of floating-point layers: what a file quantises runs in INT8 all the same.
    """
    return {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        "ENABLE_CPU_PINNING": False,
        "INFERENCE_PRECISION_HINT": "f32",
    }


@contextmanager
def _model_errors(what: str) -> Iterator[None]:
    """OpenVINO's errors become ModelError: "`what`: its own words"."""
    try:
        yield
    except RuntimeError as error:  # all its own exceptions arrive as this
        message = f"{what}: {' '.join(str(error).split())}"
        raise ModelError(message, "the file may be damaged, or use operators OpenVINO lacks") from error
