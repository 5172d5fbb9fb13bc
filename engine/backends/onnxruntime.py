"""ONNX Runtime: any model, on any CPU, and on the devices this build of it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnxruntime

from ..errors import ModelError
from .base import Batch, check_output, from_model_values, run_batch, to_model_values
from .session import CPU, model_errors, open_session

if TYPE_CHECKING:
    from ..model import Model

_NOT_OFFERED = {CPU, "AzureExecutionProvider"}  # the CPU needs no suffix; Azure sends frames over a network


def provider_suffixes() -> dict[str, str]:
    """The devices beside the CPU: `cuda` -> `CUDAExecutionProvider` for backend name `onnxruntime:cuda`."""
    found = [name for name in onnxruntime.get_available_providers() if name not in _NOT_OFFERED]
    return {name.removesuffix("ExecutionProvider").lower(): name for name in found}


class OnnxRuntimeBackend:
    """A session of ONNX Runtime; its calls release Python's lock and may overlap."""

    frames_at_once = 1  # a call uses all threads itself

    def __init__(self, model: Model, threads: int, provider: str, *, name: str, why: str) -> None:
        self.name = name
        self.reason = f"{why} (ONNX Runtime {onnxruntime.__version__}, {_place(provider, threads)})"
        self._model = model
        self._session: onnxruntime.InferenceSession | None = open_session(model.path, threads, provider)

    def run(self, x: Batch) -> Batch:
        """See `Backend.run`."""
        return run_batch(self._model, x, self._run)

    def close(self) -> None:
        """See `Backend.close`."""
        self._session = None

    def _run(self, x: Batch) -> Batch:
        model = self._model
        if self._session is None:
            raise ModelError(f"backend {self.name} of {model.name} is closed", "open a new one")
        with model_errors(f"ONNX Runtime cannot run {model.name} on {list(x.shape)}"):
            (y,) = self._session.run([model.output.name], {model.input.name: to_model_values(model, x)})
        check_output(model, x.shape, y.shape)
        return from_model_values(model, y)


def _place(provider: str, threads: int) -> str:
    if provider == CPU:
        return f"CPU, {threads} thread{'s' if threads > 1 else ''}"
    return provider.removesuffix("ExecutionProvider")
