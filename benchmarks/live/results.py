"""What the cases give: rows, measurements, and targets met or missed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..statistics.measurement import Better, Measurement
from .glass import Glass
from .names import (
    ADDED,
    BITRATE,
    CORES,
    DOUBLED,
    EARLY,
    ENCODE,
    FPS,
    GAP,
    GLASS,
    LATE,
    LOST,
    MACHINE,
    MEMORY,
    OUT_OF_ORDER,
    P95,
    P99,
    PSNR,
    UNREAD,
)
from .run import Ran

Row = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """A number that must be at most `most`, or at least `least`."""

    what: str
    value: float | None  # None: it could not be measured, which is a miss
    most: float | None = None
    least: float | None = None

    def as_row(self) -> Row:
        """With whether it is met."""
        return {**asdict(self), "met": self._met()}

    def _met(self) -> bool:
        if self.value is None:
            return False
        high = self.most is not None and self.value > self.most
        low = self.least is not None and self.value < self.least
        return not (high or low)


@dataclass(frozen=True)
class Result:
    """A case's."""

    rows: list[Row]
    targets: list[Target]
    measurements: list[Measurement] = field(default_factory=list)
    failed: str | None = None  # why there is nothing

    def as_row(self) -> Row:
        """As the report holds it, besides the measurements."""
        targets = [target.as_row() for target in self.targets]
        return {"rows": self.rows, "targets": targets, "failed": self.failed}


def row_of(name: str, runs: Sequence[Ran], **what: Any) -> Row:
    """`what` it was, and what is no measurement; `name` is that of its measurements."""
    video = (runs[-1].session or {}).get("video", {})
    return {
        "case": name,
        **what,
        "frames": sum(ran.glass.frames for ran in runs),
        "size": list(runs[-1].size),
        "rungs": video.get("rungs"),  # which ways of enlarging made how many frames, by our server
        "dropped": video.get("dropped"),  # by hand-over
        "backend": video.get("backend"),
        "reason": video.get("reason"),
    }


def measurements_of_runs(name: str, runs: Sequence[Ran]) -> list[Measurement]:
    """All that a run shows; what is not known of every run is left out."""
    return [
        *measurements_of_glass(name, [ran.glass for ran in runs]),
        *_known(name, BITRATE, "Mb/s", "lower", [ran.bitrate / 1e6 for ran in runs]),
        *_known(name, PSNR, "dB", "higher", [ran.psnr for ran in runs]),
        *_known(name, CORES, "cores", "lower", [ran.cpu for ran in runs]),
        *_known(name, MEMORY, "MB", "lower", [ran.memory / 1e6 for ran in runs]),
        *_known(name, ADDED, "ms", "lower", [ran.added_p95 for ran in runs]),
        *_known(name, ENCODE, "cores", "lower", [ran.encode_share for ran in runs]),
        *_known(name, MACHINE, "ms", "lower", [ran.late_ms.p95 for ran in runs]),
    ]


def measurements_of_glass(name: str, seen: Sequence[Glass]) -> list[Measurement]:
    """What a viewer alone shows."""

    def value(metric: str, unit: str, better: Better, of: Callable[[Glass], float]) -> Measurement:
        return Measurement(name, metric, unit, better, tuple((float(of(glass)),) for glass in seen))

    return [
        Measurement(name, GLASS, "ms", "lower", tuple(glass.latencies for glass in seen)),
        value(P95, "ms", "lower", lambda glass: glass.ms.p95),
        value(P99, "ms", "lower", lambda glass: glass.ms.p99),
        value(EARLY, "ms", "lower", lambda glass: glass.early_ms),
        value(LATE, "ms", "lower", lambda glass: glass.late_ms),
        value(GAP, "ms", "lower", lambda glass: glass.longest_gap_ms),
        value(FPS, "fps", "higher", lambda glass: glass.fps),
        value(LOST, "frames", "lower", lambda glass: glass.lost),
        value(DOUBLED, "frames", "lower", lambda glass: glass.doubled),
        value(OUT_OF_ORDER, "frames", "lower", lambda glass: glass.out_of_order),
        value(UNREAD, "frames", "lower", lambda glass: glass.unread),
    ]


def _known(name: str, metric: str, unit: str, better: Better, values: Sequence[float | None]) -> list[Measurement]:
    known = [value for value in values if value is not None]
    return [Measurement(name, metric, unit, better, tuple((v,) for v in known))] if len(known) == len(values) else []
