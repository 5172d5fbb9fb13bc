"""What the report of `framelift bench pipeline` shows as plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isinf

from ...engine.timing import STAGES
from ..pages.figures import Bars, Figure, Lines, Point
from ..report import Report
from ..statistics.bootstrap import interval
from ..statistics.derived import percentile
from ..statistics.measurement import Measurement
from ..tables import size
from .metrics import BLOCKED, BUSY, CORES, CPU, MEMORY, STARVED, STAY, of_stage
from .reading import SHARES, Figures, Row, by_case, per_frame, pixels, rows_of, sizes_of, without_size


def figures(report: Report) -> list[Figure]:
    """Those that there are results for."""
    found, rows = by_case(report), report["rows"]
    models = [row for row in rows_of(rows, "speed") if row["model"]]
    made: list[Figure] = []
    if models:
        made += [_costs(models, found), _waits(models[0], found[models[0]["case"]])]
    if len(grown := sizes_of(rows)) > 1:
        made.append(_sizes(grown, found))
    if grown := rows_of(rows, "lengths"):
        made.append(_lengths(grown, found))
    if report["streams"]:
        made += _streams(report["streams"], found)
    return made


def _costs(rows: Sequence[Row], found: Mapping[str, Figures]) -> Figure:
    bars = {row["case"]: {stage: found[row["case"]][of_stage(stage, CPU)].median for stage in STAGES} for row in rows}
    return Bars(
        "pipeline-costs",
        "What each stage costs the processor",
        "CPU time a frame of all of a stage's threads, each stage run alone: less is better.",
        "CPU ms a frame",
        bars,
    )


def _waits(row: Row, found: Figures) -> Figure:
    bars = {}
    for stage in STAGES:
        parts = {share: 100 * found[of_stage(stage, share)].median for share in (BUSY, STARVED, BLOCKED)}
        bars[stage] = parts | {"the rest": max(0.0, 100 - sum(parts.values()))}
    return Bars(
        "pipeline-waits",
        f"Where {row['case']} waits",
        "Share of the run in which a stage's threads worked, had no frame, or no room for what they had made: the "
        "stage that is busiest limits, those before it are blocked, those after it starve.",
        "% of the run",
        bars,
    )


def _sizes(rows: Sequence[Row], found: Mapping[str, Figures]) -> Figure:
    points = [_point(pixels(row), per_frame(found[row["case"]]), size(row["input_size"])) for row in rows]
    return Lines(
        "pipeline-pixels",
        "Growth with the pixels",
        "Time a frame by the input's pixels: on a straight line through the origin each pixel costs the same.",
        "megapixels of the input",
        "ms a frame",
        {without_size(rows[0]): points},
    )


def _lengths(rows: Sequence[Row], found: Mapping[str, Figures]) -> Figure:
    return Lines(
        "pipeline-length",
        "Growth with the length",
        "Peak memory by the number of frames: a level line says that it does not grow.",
        "frames",
        "peak memory, MB",
        {without_size(rows[0]): [_point(row["frames"], found[row["case"]][MEMORY]) for row in rows]},
        x_axis="log",
        zero=True,
    )


def _streams(streams: Row, found: Mapping[str, Figures]) -> list[Figure]:
    levels = {count: found[case] for case, count in streams["levels"].items()}

    def stay(share: float) -> list[Point]:
        return [_point(count, percentile(level[STAY], share)) for count, level in levels.items() if STAY in level]

    budget = 1000 / streams["rate"]
    times = {f"p{round(100 * share)}": stay(share) for share in SHARES}
    limit = [Point(count, budget) for count in (min(levels), max(levels))]
    return [
        Lines(
            "pipeline-streams",
            f"Streams at once: {streams['case']}",
            "From when a frame is due to when it is encoded again, by how many streams run: above the level line, a "
            "frame comes after the next one.",
            "streams at once",
            "ms",
            times | {"time between frames": limit},
            y_axis="log",
        ),
        Lines(
            "pipeline-streams-load",
            f"Cores busy: {streams['case']}",
            "What the streams take of the processor: it bends where there is no more of it.",
            "streams at once",
            "cores busy",
            {"cores busy": [_point(count, level[CORES]) for count, level in levels.items()]},
        ),
    ]


def _point(x: float, y: Measurement, label: str = "") -> Point:
    low, high = interval(y.turns)
    return Point(x, y.median, label=label) if isinf(high) else Point(x, y.median, low, high, label)
