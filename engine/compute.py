"""How a network is to be computed: on what, in which numbers, on how many threads."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass

from .errors import UsageError
from .fused import PRECISIONS, fast_paths

MODES = ("throughput", "latency")


@dataclass(frozen=True)
class Compute:
    """The user's wishes.

    `backend` is "auto" or one of `backends.available_backends`. `precision` is one of `fused.PRECISIONS`, or "auto":
    INT8 where the model ships in it and the native kernel runs it, else FP32. `mode` "throughput" computes a frame on
    each thread, "latency" one frame on all of them. `reuse` keeps what did not change from one frame to the next; the
    result is the same. `threads` None is one for each core this process may use.
    """

    backend: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    mode: str = "throughput"
    reuse: bool = True

    @property
    def cores(self) -> int:
        """How many threads compute."""
        return self.threads or usable_cores()

    @property
    def file_precision(self) -> str | None:
        """The precision a model's file must have; None where there is a choice."""
        return None if self.precision == "auto" else "fp32" if self.precision == "bf16" else self.precision

    def form_among(self, offered: Collection[str]) -> str | None:
        """Which of a model's precisions to load; None where its name leaves no choice."""
        if self.file_precision is not None:
            return self.file_precision
        wanted = "int8" if self.backend in ("auto", "native") and fast_paths("int8") else "fp32"
        return next((form for form in (wanted, "fp32") if form in offered), None)

    def check(self) -> None:
        """Raises UsageError for a precision or mode there is not."""
        for name, value, allowed in (
            ("precision", self.precision, ("auto", *PRECISIONS)),
            ("mode", self.mode, MODES),
        ):
            if value not in allowed:
                raise UsageError(f"{name} {value!r} is not one of {', '.join(allowed)}", "leave it out for the default")


def usable_cores() -> int:
    """The cores this process may use; a container may have fewer than the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
