"""Backends: what runs a model. One is chosen here; what was chosen and why is in its `reason`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ..compute import Compute
from ..errors import ModelError, UnsupportedNetwork
from ..fused import fast_paths
from ..manifest import FP32
from .base import Backend
from .native import NativeBackend

if TYPE_CHECKING:
    from ..model import Model

__all__ = ["Backend", "available_backends", "check_backend", "choose_backend"]

_WAY = "choose one of these, or install what the other one needs"


@dataclass(frozen=True)
class _Entry:
    """One name a backend is chosen by."""

    name: str
    available: bool  # on this machine
    open: Callable[..., Backend]  # (model, compute, *, name, why)
    way: str = _WAY  # to have it where it is not available


def _table() -> list[_Entry]:
    """All but ONNX Runtime's devices, which only its library can tell."""
    return [
        _Entry("native", bool(fast_paths("fp32")), _native, "backend onnxruntime runs on any processor"),
        _Entry("onnxruntime", find_spec("onnxruntime") is not None, _onnxruntime, "pip install onnxruntime"),
        _Entry("openvino", find_spec("openvino") is not None, _openvino, "pip install framelift[openvino]"),
    ]


def available_backends() -> tuple[str, ...]:
    """The names a `Compute` takes on this machine beside "auto"."""
    names = [entry.name for entry in _table() if entry.available]
    if "onnxruntime" in names:
        names += [f"onnxruntime:{end}" for end in import_module(".onnxruntime", __name__).provider_suffixes()]
    return tuple(names)


def check_backend(name: str) -> None:
    """Raises ModelError for a name that is neither "auto" nor one of `available_backends`."""
    if name != "auto":
        _entry(name)


def choose_backend(model: Model, compute: Compute | None = None) -> Backend:
    """Open `model` as `compute` asks for; "auto" is the native kernel for the networks it computes.

    Raises ModelError for a backend that is unknown here or cannot run the model, UsageError for other wishes that
    nothing fulfils. It never falls back from a backend that was named; what "auto" took and why is in its `reason`.
    """
    compute = compute or Compute()
    compute.check()
    wanted, stated = compute.file_precision, model.precision or FP32
    if wanted not in (None, stated):
        raise ModelError(f"model {model.name} is {stated}, not {wanted}", "load the form that is wanted")
    if compute.backend != "auto":
        entry = _entry(compute.backend)
        return entry.open(model, compute, name=entry.name, why="as asked for")
    if compute.precision == "bf16":
        return _native(model, compute, name="native", why="chosen automatically: only it computes in bf16")
    try:
        return _native(model, compute, name="native", why="chosen automatically: fastest for this network on a CPU")
    except UnsupportedNetwork as error:
        why = f"chosen automatically: it runs any network, the native kernel does not: {error.message}"
        return _entry("onnxruntime").open(model, compute, name="onnxruntime", why=why)


def _native(model: Model, compute: Compute, *, name: str, why: str) -> Backend:
    return NativeBackend(
        model,
        compute.cores,
        name=name,
        why=why,
        bf16=compute.precision == "bf16",
        whole_frames=compute.mode == "throughput",
    )


def _onnxruntime(model: Model, compute: Compute, *, name: str, why: str) -> Backend:
    module = import_module(".onnxruntime", __name__)  # its library takes a while to load, and the native kernel none
    _, _, suffix = name.partition(":")
    provider = module.provider_suffixes()[suffix] if suffix else module.CPU
    backend: Backend = module.OnnxRuntimeBackend(model, compute.cores, provider, name=name, why=why)
    return backend


def _openvino(model: Model, compute: Compute, *, name: str, why: str) -> Backend:
    backend: Backend = import_module(".openvino", __name__).OpenVinoBackend(model, compute.cores, name=name, why=why)
    return backend


def _entry(name: str) -> _Entry:
    """The one called `name`. Raises ModelError where it is unknown or not available, with the way to have it."""
    known = {entry.name: entry for entry in _table()}
    if name.startswith("onnxruntime:") and name in available_backends():
        return _Entry(name, True, _onnxruntime)
    if name in known and known[name].available:
        return known[name]
    way = known[name].way if name in known else _WAY
    raise ModelError(
        f"there is no backend {name!r} on this machine; there are: auto, {', '.join(available_backends())}", way
    )
