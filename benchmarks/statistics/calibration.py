"""Fixed work that shows what the machine itself does meanwhile: other people's load, its clock, its memory.

Nothing of the engine is in it, so that it takes as long in every version. All cores work at once, since a neighbour on
one of them slows a run on all.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ...engine.compute import usable_cores

NOISY = 0.15
"""Above this spread, the report calls its machine noisy."""

_VALUES = 2**18  # float32: in the cache, and long enough a call that the threads seldom wait for Python's lock
_ROUNDS = 40
_COPIED = 2**25  # bytes
_TRIES = 3


class Calibration:
    """Samples of the fixed work, in milliseconds.

    `compute` is arithmetic in the cache, on every core at once; `copy` is of 32 MiB in memory, by one core.
    """

    def __init__(self) -> None:
        self.compute: list[float] = []
        self.copy: list[float] = []
        self._cores = usable_cores()
        self._source, self._target = np.ones(_COPIED, np.uint8), np.zeros(_COPIED, np.uint8)

    def take(self) -> None:
        """Add a sample of each, the middle one of three tries; less than 0.1 s on an idle machine."""
        with ThreadPoolExecutor(self._cores) as threads:
            slowest = [max(threads.map(_computed, range(self._cores))) for _ in range(_TRIES)]
        self.compute.append(statistics.median(slowest))
        self.copy.append(statistics.median(self._copied() for _ in range(_TRIES)))

    def to_json(self) -> dict[str, Any]:
        """What `finish` puts into a report."""
        return {"compute": _rounded(self.compute), "copy": _rounded(self.copy)}

    def _copied(self) -> float:
        began = time.perf_counter()
        np.copyto(self._target, self._source)
        return (time.perf_counter() - began) * 1000


def spread(samples: Sequence[float]) -> float:
    """How far the tenth and the ninetieth percentile lie apart, as a share of the median: 0 for a steady machine."""
    low, high = usual(samples)
    return (high - low) / statistics.median(samples)


def usual(samples: Sequence[float]) -> tuple[float, float]:
    """The tenth and the ninetieth percentile."""
    low, high = np.quantile(np.array(samples), (0.1, 0.9))
    return float(low), float(high)


def is_noisy(calibration: Mapping[str, Sequence[float]]) -> bool:
    """Of a report's."""
    return max(spread(calibration["compute"]), spread(calibration["copy"])) > NOISY


def in_words(calibration: Mapping[str, Sequence[float]] | None) -> str:
    """One sentence on how steady the machine was."""
    if calibration is None:
        return "How steady the machine was is not known"
    parts = [f"{name} within {spread(calibration[name]):.1%}" for name in ("compute", "copy")]
    verdict = f"**noisy**, above {NOISY:.0%}: trust small differences less" if is_noisy(calibration) else "steady"
    count = len(calibration["compute"])
    return f"Fixed work before each of {count} turns, on all cores and in memory: {', '.join(parts)}; {verdict}"


def _computed(_core: int) -> float:
    """Roots and quotients: a core's divider is busy, memory is not."""
    values = np.linspace(0.1, 0.9, _VALUES, dtype=np.float32)
    began = time.perf_counter()
    for _ in range(_ROUNDS):
        np.sqrt(values, out=values)
        np.divide(values, np.float32(1.1), out=values)
    return (time.perf_counter() - began) * 1000


def _rounded(samples: Sequence[float]) -> list[float]:
    return [round(sample, 4) for sample in samples]
