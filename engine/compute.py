"""How a network is to be computed: on what, in which numbers, on how many threads."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass

from .errors import ModelError, UsageError
from .fused import fast_paths

MODES = ("throughput", "latency")
PRECISIONS = ("fp32", "fp16", "bf16", "int8")
MOST_THREADS = 256


@dataclass(frozen=True)
class Compute:
    """The user's wishes.

    `backend` is "auto" or one of `backends.available_backends`. `precision` is one of `PRECISIONS`, or "auto": INT8
    for 8-bit video where the model ships in it and the native kernel runs it, else FP32. `threads` None is one
    for each core this process may use; `mode` "throughput" computes a frame on each, "latency" one frame on all.

    `reuse` keeps what did not change from one frame to the next. The result is the same, provided that nobody writes
    into a frame that was given, or into the picture that came of it.
    """

    backend: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    mode: str = "throughput"
    reuse: bool = False

    @property
    def cores(self) -> int:
        """How many threads compute."""
        return self.threads or usable_cores()

    @property
    def file_precision(self) -> str | None:
        """The precision a model's file must have; None where there is a choice."""
        return None if self.precision == "auto" else "fp32" if self.precision == "bf16" else self.precision

    def form_among(self, offered: Collection[str], depth: int) -> str | None:
        """Which of a model's precisions to load for video of `depth` bits; None where its name leaves no choice.

        The network sees 8 bits in INT8, so "auto" takes it for no more.
        """
        if self.file_precision is not None:
            return self.file_precision
        int8 = depth == 8 and self.backend in ("auto", "native") and fast_paths("int8")
        wanted = "int8" if int8 else "fp32"
        return next((form for form in (wanted, "fp32") if form in offered), None)

    def check(self) -> None:
        """Raises UsageError for a precision, mode or number of threads there is not, ModelError for a clash."""
        for name, value, allowed in (
            ("precision", self.precision, ("auto", *PRECISIONS)),
            ("mode", self.mode, MODES),
        ):
            if value not in allowed:
                raise UsageError(f"{name} {value!r} is not one of {', '.join(allowed)}", "leave it out for the default")
        if not 1 <= self.cores <= MOST_THREADS:
            raise UsageError(f"{self.cores} threads are not allowed, 1 to {MOST_THREADS} are", "leave it out")
        if self.precision == "bf16" and self.backend not in ("auto", "native"):
            raise ModelError(f"backend {self.backend} has no precision bf16", "only backend native does")


def usable_cores() -> int:
    """The cores this process is bound to; a share of their time, as containers can be given, is not looked at."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
