"""What a live stream's last seconds were like: percentiles and rates in memory that does not grow."""

from __future__ import annotations

import math
import threading
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ..frame import Ledger

STAGES = ("arrive", "decode", "upscale", "encode", "send")
SECONDS = 10.0  # looked back
SAMPLES = 8192  # at most


@dataclass(frozen=True)
class Percentiles:
    """Milliseconds."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True)
class PathStats:
    """One path's, as `GET /sessions` shows it; times and rates are those of the last ten seconds."""

    input: tuple[int, int] | None  # (width, height); None before the first frame
    output: tuple[int, int] | None
    model: str  # wanted
    rung: str | None  # in use
    backend: str | None
    reason: str | None
    budget_ms: float
    interval_ms: float  # between frames
    fps_in: float
    fps_out: float  # of the output with the most
    dropped: dict[str, int]  # by the stage that did not come to them in time: upscale, encode
    failed: dict[str, int]  # frames lost by errors, by stage
    added_ms: Percentiles | None  # None before a frame was sent
    stages_ms: dict[str, Percentiles]
    rungs: dict[str, int]  # frames each has made
    note: str | None  # what is not as wanted, and why

    def to_json(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


class Recent:
    """The values of the last seconds. One thread at a time."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=SAMPLES)

    def add(self, value: float, now: float) -> None:
        """One more."""
        self._samples.append((now, value))
        self._forget(now)

    def rate(self, now: float) -> float:
        """How many a second."""
        self._forget(now)
        if len(self._samples) < 2:
            return 0.0
        return (len(self._samples) - 1) / max(now - self._samples[0][0], 1e-9)

    def percentiles(self, now: float) -> Percentiles | None:
        """Of the values in seconds, as milliseconds by nearest rank; None where there are none."""
        self._forget(now)
        ordered = sorted(value for _, value in self._samples)
        if not ordered:
            return None
        p50, p95, p99 = (ordered[math.ceil(share * len(ordered)) - 1] for share in (0.50, 0.95, 0.99))
        return Percentiles(round(1000 * p50, 3), round(1000 * p95, 3), round(1000 * p99, 3))

    def _forget(self, now: float) -> None:
        while self._samples and self._samples[0][0] < now - SECONDS:
            self._samples.popleft()


class LiveStatistics:
    """Collects from any thread while others read. `now` is in seconds of `time.perf_counter`, as ledgers are."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._came = Recent()
        self._left: dict[str, Recent] = {}
        self._added = Recent()
        self._stages = {stage: Recent() for stage in STAGES}
        self._failed: Counter[str] = Counter()
        self._failure, self._failed_at = "", -math.inf

    def came(self, now: float) -> None:
        """A picture came in."""
        with self._lock:
            self._came.add(0.0, now)

    def left(self, output: str, ledger: Ledger, now: float) -> None:
        """A frame left the encoder of `output`."""
        with self._lock:
            began, ended = ledger.spans["encode"]
            self._left.setdefault(output, Recent()).add(ended - began, now)
            self._add_stages(ledger, STAGES[:-1], now)

    def sent(self, ledger: Ledger, now: float) -> None:
        """A frame's last packet is out."""
        with self._lock:
            self._added.add(ledger.spans["send"][1] - ledger.spans["arrive"][1], now)
            self._add_stages(ledger, STAGES[-1:], now)

    def failed(self, stage: str, words: str, now: float) -> None:
        """A frame was lost by an error that says `words`."""
        with self._lock:
            self._failed[stage] += 1
            if now - self._failed_at > SECONDS:
                self._failure, self._failed_at = f"{stage} failed: {words}", now

    def forget(self, output: str) -> None:
        """An output is gone."""
        with self._lock:
            self._left.pop(output, None)

    def fps(self, now: float) -> tuple[float, float]:
        """(in, out of the output with the most)."""
        with self._lock:
            out = max((left.rate(now) for left in self._left.values()), default=0.0)
            return round(self._came.rate(now), 2), round(out, 2)

    def encode_times(self, now: float) -> dict[str, float]:
        """The median seconds a frame takes in each output's encoder."""
        with self._lock:
            found = {output: left.percentiles(now) for output, left in self._left.items()}
            return {output: times.p50 / 1000 for output, times in found.items() if times}

    def times(self, now: float) -> tuple[Percentiles | None, dict[str, Percentiles]]:
        """Added latency, and each stage's time."""
        with self._lock:
            stages = {stage: recent.percentiles(now) for stage, recent in self._stages.items()}
            return self._added.percentiles(now), {stage: found for stage, found in stages.items() if found}

    def failure(self, now: float) -> str | None:
        """The first words of the last seconds' failures."""
        with self._lock:
            return None if now - self._failed_at > SECONDS else self._failure

    def failures(self) -> dict[str, int]:
        """How many frames errors cost so far, by stage."""
        with self._lock:
            return dict(self._failed)

    def _add_stages(self, ledger: Ledger, stages: Iterable[str], now: float) -> None:
        for stage in stages:
            if stage in ledger.spans:
                began, ended = ledger.spans[stage]
                self._stages[stage].add(ended - began, now)
