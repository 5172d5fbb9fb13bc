"""What a report of this kind wants to show: speed and quality together, and whole files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..pages.figures import Bars, Cloud, Figure, Point
from ..report import Report
from ..statistics.bootstrap import interval
from ..statistics.measurement import Measurement, find, measurements_of
from .bench import FRAME_METRIC
from .peer import ELSEWHERE

Row = dict[str, Any]


def figures(report: Report) -> list[Figure]:
    """A cloud a number of threads, and the bars; none where nothing was measured."""
    found, rows = measurements_of(report), report["rows"]
    threads = sorted(rows[0]["threads"], key=int) if rows else []
    made: list[Figure] = [cloud for count in threads if (cloud := _cloud(rows, found, count)).groups]
    bars = _bars(rows, found)
    return [*made, bars] if bars.rows else made


def _cloud(rows: Sequence[Row], found: Sequence[Measurement], threads: str) -> Cloud:
    """Without names for those that run a network of ours slower than another runtime: they lie in a row."""
    groups: dict[str, list[Point]] = {row["group"]: [] for row in rows}  # in this order
    named: set[tuple[str, str]] = set()
    for milliseconds, quality, row in sorted(_speeds(rows, found, threads), key=lambda each: each[:2]):
        network = row["group"], row["name"].partition(", ")[0]
        label = "" if row["group"] == ELSEWHERE and network in named else row["name"]
        named.add(network)
        groups[row["group"]].append(Point(milliseconds, quality, label=label))
    many = f"{threads} thread{'s' if threads != '1' else ''}"
    return Cloud(
        name=f"peers-front-{threads}-threads",
        title=f"Speed and quality of framelift and its peers, {many}",
        caption="Left is faster, up is nearer to the original. What lies on the line is beaten by nothing here. Of our "
        "networks in other runtimes, the fastest has its name.",
        x="ms a frame",
        y="PSNR-Y, dB",
        groups={group: points for group, points in groups.items() if points},
        x_axis="log",
        front=True,
    )


def _speeds(rows: Sequence[Row], found: Sequence[Measurement], threads: str) -> Iterator[tuple[float, float, Row]]:
    """Milliseconds and dB; the latter rounded, for a network is not beaten by itself in another runtime."""
    for row in rows:
        frame, quality = find(found, row["threads"][threads], FRAME_METRIC), find(found, row["case"], "PSNR-Y")
        if frame is not None and quality is not None:
            yield frame.median, round(quality.median, 2), row


def _bars(rows: Sequence[Row], found: Sequence[Measurement]) -> Bars:
    known = {row["name"]: m for row in rows if (m := find(found, row["case"], "throughput")) is not None}
    ranked = dict(sorted(known.items(), key=lambda each: each[1].median, reverse=True))
    return Bars(
        name="peers-files",
        title="Whole files: decode, enlarge, encode",
        caption="Longer is faster. All encode by x264 with the same settings, on all threads.",
        x="frames a second",
        rows={name: {"throughput": m.median} for name, m in ranked.items()},
        spans={name: interval(m.turns) for name, m in ranked.items() if len(m.turns) > 1},
    )
