"""Backends: what runs a model. One is chosen here; what was chosen and why is in its `reason`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..errors import ModelError
from .base import Backend
from .onnxruntime import OnnxRuntimeBackend, provider_suffixes
from .session import CPU

if TYPE_CHECKING:
    from ..model import Model

__all__ = ["Backend", "available_backends", "check_backend", "choose_backend"]


def available_backends() -> tuple[str, ...]:
    """The names `choose_backend` takes on this machine beside "auto"."""
    return ("onnxruntime", *(f"onnxruntime:{suffix}" for suffix in provider_suffixes()))


def check_backend(name: str) -> None:
    """Raises ModelError for a name that is neither "auto" nor one of `available_backends`."""
    if name != "auto" and name not in available_backends():
        raise ModelError(
            f"there is no backend {name!r} on this machine; there are: auto, {', '.join(available_backends())}",
            "choose one of these, or install what the other one needs",
        )


def choose_backend(model: Model, name: str = "auto", threads: int | None = None) -> Backend:
    """Open `model` on the backend called `name`; "auto" takes the first of `available_backends`.

    `threads` is for backends that run on the CPU; None is one for each core this process may use.
    Raises ModelError for a name that is unknown here and for a backend that cannot run the model; it never
    falls back to another one than was named.
    """
    available = available_backends()
    chosen = available[0] if name == "auto" else name
    if chosen not in available:
        raise ModelError(
            f"there is no backend {name!r} on this machine; there are: auto, {', '.join(available)}",
            "choose one of these, or install what the other one needs",
        )
    _, _, suffix = chosen.partition(":")
    provider = provider_suffixes()[suffix] if suffix else CPU
    why = "chosen automatically: it runs any model on any machine" if name == "auto" else "as asked for"
    return OnnxRuntimeBackend(model, threads or _usable_cores(), provider, name=chosen, why=why)


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # a container may use fewer cores than the machine has
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
