"""The plots of `framelift bench cpu`."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from ..cases import threads_in_words
from ..pages.figures import Figure, Lines, Point
from ..report import Report
from ..statistics.bootstrap import interval
from ..statistics.measurement import measurements_of
from ..tables import size
from .tables import Measured, Row, fastest, kind_of


def figures(report: Report) -> list[Figure]:
    """One for each size and number of threads: a network's time by its cost, a line for each runtime and precision."""
    found = {(m.case, m.metric): m for m in measurements_of(report)}
    rows = sorted(report["rows"], key=lambda row: (row["input_size"], row["threads"]))
    return [
        _by_cost(sides, threads, list(these), found)
        for (sides, threads), these in groupby(rows, key=lambda row: (row["input_size"], row["threads"]))
    ]


def _by_cost(sides: list[int], threads: int, rows: list[Row], found: Measured) -> Figure:
    place = f"{size(sides)}, {threads_in_words(threads)}"
    return Lines(
        name=f"networks-{size(sides)}-{threads}",
        title=f"Networks on the processor, {place}",
        caption="The time of a frame by what the network costs. Lower is better; both axes are logarithmic.",
        x="multiply-accumulates an input pixel",
        y="ms a frame",
        series={kind: points for kind in dict.fromkeys(map(kind_of, rows)) if (points := _line(kind, rows, found))},
        x_axis="log",
        y_axis="log",
    )


def _line(kind: str, rows: list[Row], found: Measured) -> list[Point]:
    """By rising cost."""
    by_network: dict[tuple[int, str], list[Any]] = {}
    for row in rows:
        by_network.setdefault((row["macs_per_pixel"], row["network"]), []).append(row)
    points = []
    for (cost, network), these in sorted(by_network.items()):
        time = fastest(these, kind, found)
        if time is not None:
            low, high = interval(time.turns)
            points.append(Point(cost, time.median, low, high, network))
    return points
