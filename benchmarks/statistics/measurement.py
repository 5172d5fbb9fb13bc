"""What was measured, one thing at a time: the form that all reports share, and all comparisons and plots read."""

from __future__ import annotations

import base64
import statistics
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Better = Literal["lower", "higher"]


@dataclass(frozen=True)
class Measurement:
    """One metric of one case: its values, by turn.

    A turn is a stretch of work apart in time from the next one, so that turns vary as runs do; values within one are
    of frames in a row. What is the same in each run, such as PSNR, has one turn and says up to what difference it
    counts as `exact`ly the same.
    """

    case: str  # unique in its report together with the metric, such as "tiny-16-x2, native int8, 640x360, 2 threads"
    metric: str  # such as "frame", "decode", "throughput", "PSNR-Y"
    unit: str  # ms, fps, dB, MB, J; empty for a plain number
    better: Better
    turns: tuple[tuple[float, ...], ...]  # in order of time; at least one, none of them empty
    exact: float | None = None

    def __post_init__(self) -> None:
        if not self.turns or not all(self.turns):
            raise ValueError(f"{self.case}, {self.metric}: a measurement has turns, and each has values")

    @property
    def values(self) -> tuple[float, ...]:
        """Of all turns."""
        return tuple(value for turn in self.turns for value in turn)

    @property
    def middles(self) -> tuple[float, ...]:
        """The median of each turn."""
        return tuple(statistics.median(turn) for turn in self.turns)

    @property
    def median(self) -> float:
        """The middle one of `middles`."""
        return statistics.median(self.middles)

    def percentile(self, share: float) -> float:
        """Of all values; `share` 0..1, between two values by linear interpolation."""
        return float(np.quantile(np.array(self.values), share))

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`: a summary for readers, and all values packed."""
        return {
            "case": self.case,
            "metric": self.metric,
            "unit": self.unit,
            "better": self.better,
            "exact": self.exact,
            "median": round(self.median, 4),
            "p95": round(self.percentile(0.95), 4),
            "p99": round(self.percentile(0.99), 4),
            "mean": round(statistics.fmean(self.values), 4),
            "min": round(min(self.values), 4),
            "max": round(max(self.values), 4),
            "turns": [len(turn) for turn in self.turns],
            "values": _packed(self.values),
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Measurement:
        """The inverse of `to_json`. Raises KeyError, ValueError or TypeError for what it has not made."""
        values, turns, first = _unpacked(row["values"]), [], 0
        if sum(row["turns"]) != len(values):
            raise ValueError(f"{row['case']}, {row['metric']}: {len(values)} values in turns of {row['turns']}")
        for count in row["turns"]:
            turns.append(tuple(values[first : first + count]))
            first += count
        return cls(row["case"], row["metric"], row["unit"], row["better"], tuple(turns), row["exact"])


def measured_once(case: str, metric: str, unit: str, better: Better, value: float, exact: float) -> Measurement:
    """What every run gives alike, but for differences up to `exact`."""
    return Measurement(case, metric, unit, better, ((value,),), exact)


def measurements_of(report: Mapping[str, Any]) -> list[Measurement]:
    """All of a report that was read."""
    return [Measurement.from_json(row) for row in report["measurements"]]


def find(measurements: Sequence[Measurement], case: str, metric: str) -> Measurement | None:
    """The one of this case and metric."""
    return next((m for m in measurements if (m.case, m.metric) == (case, metric)), None)


def _packed(values: Sequence[float]) -> str:
    """float32, little-endian, deflated, base64: thousands of frame times stay a few kilobytes."""
    return base64.b64encode(zlib.compress(np.array(values, "<f4").tobytes(), 9)).decode()


def _unpacked(text: str) -> list[float]:
    try:
        values: list[float] = np.frombuffer(zlib.decompress(base64.b64decode(text, validate=True)), "<f4").tolist()
    except zlib.error as error:
        raise ValueError(f"packed values cannot be read: {error}") from error
    return values
