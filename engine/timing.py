"""Stage times of a run, in memory that does not grow with its length."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .channel import Waits
from .frame import Ledger

STAGES = ("decode", "prepare", "upscale", "finish", "encode")
_STEP = math.log(1.02)  # bins 2 % wide: a percentile is exact to 1 %


@dataclass(frozen=True)
class StageTimes:
    """Milliseconds a frame of one stage, and what its threads did with the time the run has lasted.

    What is left of 1 after the three shares went into handing over and, with decoding, into reading the file.
    """

    p50: float
    p95: float
    p99: float
    mean: float
    share: float  # they worked
    starved: float  # they waited for a frame
    blocked: float  # they waited for room for what they had made


class _Histogram:
    def __init__(self) -> None:
        self.bins: Counter[int] = Counter()
        self.count = 0
        self.total = 0.0

    def add(self, milliseconds: float) -> None:
        self.bins[math.floor(math.log(max(milliseconds, 1e-4)) / _STEP)] += 1
        self.count += 1
        self.total += milliseconds

    def percentile(self, share: float) -> float:
        wanted, seen = math.ceil(share * self.count), 0
        for number in sorted(self.bins):
            seen += self.bins[number]
            if seen >= wanted:
                return _middle(number)
        return 0.0


class Timing:
    """Collects ledgers from one thread while another reads."""

    def __init__(
        self, threads: Mapping[str, int] | None = None, waits: Callable[[str], Waits] = lambda _: Waits()
    ) -> None:
        """`threads` has the stages that work on several frames at once, and on how many; `waits` is the crew's."""
        self._threads = dict.fromkeys(STAGES, 1) | dict(threads or {})
        self._waits = waits
        self._lock = threading.Lock()
        self._stages = {name: _Histogram() for name in STAGES}
        self.frames = 0

    def add(self, ledger: Ledger) -> None:
        """A frame has passed all stages."""
        with self._lock:
            self.frames += 1
            for name in STAGES:
                if name in ledger.spans:
                    self._stages[name].add(ledger.milliseconds(name))

    def add_time(self, stage: str, milliseconds: float) -> None:
        """Work of a stage that belongs to no frame, such as an encoder's last packets."""
        with self._lock:
            self._stages[stage].total += milliseconds

    def stages(self, seconds: float) -> dict[str, StageTimes]:
        """What each stage took, for a run that has lasted `seconds`."""
        with self._lock:
            return {name: self._stage(name, max(seconds, 1e-9) * self._threads[name]) for name in self._stages}

    def frames_of(self, stage: str) -> list[float]:
        """Milliseconds of each frame in a stage, to within 1 %, the quickest first."""
        with self._lock:
            bins = self._stages[stage].bins
            return [_middle(number) for number in sorted(bins) for _ in range(bins[number])]

    def limiting_stage(self) -> str:
        """The stage that has worked longest: the run cannot go faster than it."""
        with self._lock:
            return max(self._stages, key=lambda name: self._stages[name].total / self._threads[name])

    def _stage(self, name: str, seconds: float) -> StageTimes:
        """`seconds` are those of all its threads."""
        h, waits = self._stages[name], self._waits(name)
        return StageTimes(
            p50=round(h.percentile(0.50), 3),
            p95=round(h.percentile(0.95), 3),
            p99=round(h.percentile(0.99), 3),
            mean=round(h.total / max(1, h.count), 3),
            share=round(h.total / 1000 / seconds, 4),
            starved=round(waits.starved / seconds, 4),
            blocked=round(waits.blocked / seconds, 4),
        )


def _middle(number: int) -> float:
    """Of a bin."""
    return math.exp((number + 0.5) * _STEP)
