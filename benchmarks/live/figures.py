"""The plots of `framelift bench live`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..pages.figures import Distributions, Figure, Lines, Point
from ..report import Report
from ..statistics.measurement import Measurement, measurements_of
from .names import BITRATE, GLASS, MEMORY, PSNR, SMALL_BITRATE

Row = Mapping[str, Any]
Found = Mapping[tuple[str, str], Measurement]


def figures(report: Report) -> list[Figure]:
    """Latency by codec, quality by bitrate, memory over time: of the cases that were measured."""
    found = {(m.case, m.metric): m for m in measurements_of(report)}
    made: list[Figure] = []
    for case, result in report["cases"].items():
        if result["rows"] and case in _PLOTS:
            made += _PLOTS[case](result["rows"], found)
    return made


def _latency(rows: Sequence[Row], found: Found) -> list[Figure]:
    return [
        Distributions(
            name=f"live-latency-{codec}",
            title=f"Glass to glass, {codec}",
            caption="The share of frames that a viewer has within a time of their making. Further left is better.",
            x="ms",
            rows={row["system"]: found[row["case"], GLASS].values for row in rows if row["codec"] == codec},
            x_axis="log",
        )
        for codec in dict.fromkeys(row["codec"] for row in rows)
    ]


def _quality(rows: Sequence[Row], found: Found) -> list[Figure]:
    """Ours as received, beside the small stream enlarged."""
    made: list[Figure] = []
    for codec in dict.fromkeys(row["codec"] for row in rows):
        cases = [row["case"] for row in rows if row["codec"] == codec]
        series = {"upscaled by us": _points(cases, BITRATE, PSNR, found)}
        for by in ("bicubic", "bilinear"):
            series[f"small, {by}"] = _points(cases, SMALL_BITRATE, f"small, {by}", found)
        made.append(
            Lines(
                name=f"live-quality-{codec}",
                title=f"What a viewer receives, {codec}",
                caption="Quality by the bits that it takes. Higher, and further left, is better.",
                x="Mb/s",
                y="PSNR-Y, dB",
                series=series,
            )
        )
    return made


def _points(cases: Sequence[str], x: str, y: str, found: Found) -> list[Point]:
    points = [Point(found[case, x].median, found[case, y].median) for case in cases]
    return sorted(points, key=lambda point: point.x)


def _soak(rows: Sequence[Row], found: Found) -> list[Figure]:
    return [
        Lines(
            name="live-soak",
            title="Memory of the server over the time",
            caption="Sessions are opened and closed all the time; a line that stays flat leaks nothing.",
            x="seconds",
            y="MB",
            series={
                row["system"]: [
                    Point(at, value) for at, value in zip(row["at"], found[row["case"], MEMORY].values, strict=True)
                ]
                for row in rows
            },
        )
    ]


_PLOTS = {"latency": _latency, "quality": _quality, "soak": _soak}
