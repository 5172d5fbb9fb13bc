"""What tables and plots read in a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isinf
from typing import Any

from ..report import Report
from ..statistics.bootstrap import interval
from ..statistics.derived import each
from ..statistics.measurement import Measurement, measurements_of
from ..tables import size
from .metrics import THROUGHPUT

SHARES = (0.50, 0.95, 0.99)

Row = Mapping[str, Any]
Figures = Mapping[str, Measurement]  # of one case, by metric


def by_case(report: Report) -> dict[str, dict[str, Measurement]]:
    """All measurements, by case and metric."""
    found: dict[str, dict[str, Measurement]] = {}
    for measurement in measurements_of(report):
        found.setdefault(measurement.case, {})[measurement.metric] = measurement
    return found


def rows_of(rows: Sequence[Row], part: str) -> list[Row]:
    """Those of a part of the report."""
    return [row for row in rows if row["part"] == part]


def sizes_of(rows: Sequence[Row]) -> list[Row]:
    """The first model's in all sizes, the smallest first."""
    first = [row for row in rows_of(rows, "speed") if row["model"]][:1]
    return sorted([*first, *rows_of(rows, "sizes")], key=pixels)


def pixels(row: Row) -> float:
    """Millions, of the input."""
    width, height = row["input_size"]
    return float(width * height / 1e6)


def per_frame(figures: Figures) -> Measurement:
    """Milliseconds."""
    return each(figures[THROUGHPUT], lambda fps: 1000 / fps)


def without_size(row: Row) -> str:
    """The case's name, of a row whose size and length are told beside it."""
    return str(row["case"]).replace(f", {size(row['input_size'])}", "").replace(f", {row['frames']} frames", "")


def percent(share: Measurement) -> str:
    """With its spread, which is shown though no difference counts; none is beyond 0 and 100 %."""
    low, high = interval(share.turns)
    spread = "one value" if isinf(high) else f"{100 * max(0.0, low):.0f} to {100 * min(1.0, high):.0f}"
    return f"{share.median:.0%} ({spread})"
