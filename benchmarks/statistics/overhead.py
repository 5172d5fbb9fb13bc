"""What the harness itself costs: the calls that time a frame, around no work at all."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

LARGEST_SHARE = 0.01
"""Of what is measured; above it, a report says so."""

_BATCHES = 9
_CALLS = 200


@dataclass(frozen=True)
class Overhead:
    """Of the harness, a frame."""

    ms: float
    share: float  # of the fastest frame it was put around


def overhead(timing: Callable[[], object], fastest_ms: float) -> Overhead:
    """Of `timing`, which does for one frame all that the harness does, its work left out; some milliseconds.

    `fastest_ms` is the median time of the fastest case's frames, above 0.
    """
    ms = statistics.median(_batch(timing) for _ in range(_BATCHES))
    return Overhead(ms, ms / fastest_ms)


def _batch(timing: Callable[[], object]) -> float:
    began = time.perf_counter()
    for _ in range(_CALLS):
        timing()
    return (time.perf_counter() - began) * 1000 / _CALLS
