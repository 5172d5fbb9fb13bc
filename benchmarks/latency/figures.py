"""The report of `framelift bench latency` as plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..cases import threads_in_words
from ..pages.figures import Bars, Distributions, Figure, Lines, Point
from ..report import Report
from ..statistics.bootstrap import interval
from ..statistics.measurement import Measurement
from .chain import Times
from .cold import PARTS, WHOLE
from .groups import Group, by_name, groups_of, label
from .turn import FRAME

Measured = Mapping[tuple[str, str], Measurement]


def figures(report: Report) -> list[Figure]:
    """Of each group its distributions and stages; the cold start; and growth with the picture where sizes differ."""
    made, groups = by_name(report), groups_of(report)
    drawn: list[Figure] = [figure for group in groups for figure in (_distributions(group, made), _stages(group, made))]
    drawn += [
        _sizes(count, groups, made) for count in dict.fromkeys(g.threads for g in groups) if _grows(count, groups)
    ]
    return drawn + ([_cold(report["cold"], made)] if report["cold"] else [])


def _distributions(group: Group, made: Measured) -> Distributions:
    return Distributions(
        name=f"latency-{group.key}",
        title=f"Latency of a frame, {group.title}",
        caption="The share of frames that took so long or less, from file to packet: left is fast, upright is steady.",
        x="ms",
        rows={label(row): made[row["case"], FRAME].values for row in group.rows},
        x_axis="log",
    )


def _stages(group: Group, made: Measured) -> Bars:
    medians = {label(row): {stage: made[row["case"], stage].median for stage in Times._fields} for row in group.rows}
    return Bars(
        name=f"stages-{group.key}",
        title=f"Where a frame's time goes, {group.title}",
        caption="Median of each stage. What is not `upscale` is what the fastest network could not save.",
        x="ms",
        rows=medians,
    )


def _grows(threads: int, groups: Sequence[Group]) -> bool:
    """Whether there is more than one size with so many threads, at the scale of the first."""
    return len({g.size for g in groups if (g.threads, g.scale) == (threads, groups[0].scale)}) > 1


def _sizes(threads: int, groups: Sequence[Group], made: Measured) -> Lines:
    series: dict[str, list[Point]] = {}
    for group in groups:
        if (group.threads, group.scale) == (threads, groups[0].scale):
            for row in group.rows:
                series.setdefault(label(row), []).append(_point(row, made[row["case"], FRAME]))
    return Lines(
        name=f"latency-by-size-{threads}-threads",
        title=f"Latency and size, {threads_in_words(threads)}, x{groups[0].scale}",
        caption="A line of slope 1 grows as the number of pixels does; a flatter one has a cost that each frame has.",
        x="input, megapixels",
        y="ms",
        series={name: sorted(points, key=lambda point: point.x) for name, points in series.items()},
        x_axis="log",
        y_axis="log",
    )


def _point(row: Mapping[str, Any], frames: Measurement) -> Point:
    low, high = interval(frames.turns)
    return Point(row["size"][0] * row["size"][1] / 1e6, frames.median, low, high)


def _cold(rows: Sequence[Mapping[str, Any]], made: Measured) -> Bars:
    return Bars(
        name="cold-start",
        title="Cold start: from a process's start to its first enlarged frame",
        caption="Medians of processes of their own, with all files in memory. `model` has the backend's library in it.",
        x="ms",
        rows={
            row["case"]: {part.removeprefix(f"{WHOLE}: "): made[row["case"], part].median for part in PARTS}
            for row in rows
        },
        spans={row["case"]: interval(made[row["case"], WHOLE].turns) for row in rows},
    )
