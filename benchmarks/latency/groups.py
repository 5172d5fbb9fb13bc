"""A report's rows by what is compared with each other: the cases of one clip's size, scale and number of threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..cases import threads_in_words
from ..report import Report
from ..statistics.measurement import Measurement, measurements_of


@dataclass(frozen=True)
class Group:
    """Rows that differ in model, backend and precision alone."""

    size: tuple[int, int]
    scale: int
    threads: int
    rows: Sequence[dict[str, Any]]

    @property
    def title(self) -> str:
        """In words."""
        width, height = self.size
        enlarged = f"{width}x{height} to {width * self.scale}x{height * self.scale}"
        return f"{enlarged}, {threads_in_words(self.threads)}"

    @property
    def key(self) -> str:
        """For file names."""
        return f"{self.size[0]}x{self.size[1]}-x{self.scale}-{self.threads}-threads"


def groups_of(report: Report) -> list[Group]:
    """In the order of the report's rows."""
    found: dict[tuple[tuple[int, int], int, int], list[dict[str, Any]]] = {}
    for row in report["rows"]:
        width, height = row["size"]
        found.setdefault(((width, height), row["scale"], row["threads"]), []).append(row)
    return [Group(*key, rows) for key, rows in found.items()]


def label(row: dict[str, Any]) -> str:
    """What a row is called within its group."""
    return f"{row['model']}, {' '.join(dict.fromkeys((row['backend'], row['precision'])))}"


def by_name(report: Report) -> dict[tuple[str, str], Measurement]:
    """All measurements, by case and metric."""
    return {(m.case, m.metric): m for m in measurements_of(report)}
