"""What the report of `framelift bench quality` shows as plots."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from ..pages.figures import Cloud, Figure, Point
from ..report import Report
from ..statistics.measurement import measurements_of
from ..tables import size
from .rows import Placed, placed

_GROUPS = {"filter": "filters", "framelift": "framelift", "given": "other models", "published": "published networks"}


def figures(report: Report) -> list[Figure]:
    """PSNR over time and over multiply-accumulates, of each scale; and those of clips, where OpenCV is installed."""
    ways = placed(report, measurements_of(report))
    scales = dict.fromkeys(way.row["scale"] for way in ways)
    fronts = [figure for scale in scales for figure in _of_scale(report, [w for w in ways if w.row["scale"] == scale])]
    return fronts + _clips(report)


def _clips(report: Report) -> list[Figure]:
    if find_spec("cv2") is None:
        return []
    from .clips import figures as of_clips  # noqa: PLC0415  it needs OpenCV

    return of_clips(report)


def _of_scale(report: Report, ways: Sequence[Placed]) -> list[Figure]:
    scale, pictures = ways[0].row["scale"], report["sets"][0]["name"]
    threads = report["settings"]["threads"]
    quality = f"PSNR-Y on {pictures} x{scale}, dB"
    counted = [way for way in ways if way.row["macs_per_pixel"] is not None]
    by_time = Cloud(
        name=f"front-time-x{scale}",
        title=f"Quality and speed, x{scale}",
        caption="Further up is nearer to the original, further left is faster. The line joins what nothing else beats "
        "in both.",
        x=f"ms a frame of {size(report['settings']['size'])}, {threads} thread{'s' * (threads > 1)}",
        y=quality,
        groups=_grouped(ways, [way.time.median for way in ways]),
        x_axis="log",
        front=True,
    )
    by_cost = Cloud(
        name=f"front-macs-x{scale}",
        title=f"Quality and arithmetic, x{scale}",
        caption="What the networks compute, whatever runs them. The line joins what nothing else beats in both.",
        x="multiply-accumulates an input pixel",
        y=quality,
        groups=_grouped(counted, [way.row["macs_per_pixel"] for way in counted]),
        x_axis="log",
        front=True,
    )
    return [by_time, by_cost] if counted else [by_time]


def _grouped(ways: Sequence[Placed], x: Sequence[float]) -> dict[str, list[Point]]:
    groups: dict[str, list[Point]] = {}
    for way, at in zip(ways, x, strict=True):
        groups.setdefault(_GROUPS[way.row["kind"]], []).append(Point(at, way.psnr, label=_label(way)))
    return groups


def _label(way: Placed) -> str:
    row = way.row
    return row["title"] if row["precision"] in ("fp32", row["backend"]) else f"{row['title']} {row['precision']}"
