"""Speed and quality of each way brought together, for the table and the plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..report import Report
from ..statistics.measurement import Measurement, find
from .front import METRIC
from .scores import PSNR_Y, picture_case


@dataclass(frozen=True)
class Placed:
    """A way with its time a frame, and its mean PSNR-Y on the first set in dB."""

    row: Mapping[str, Any]  # of the report
    time: Measurement
    psnr: float
    on_front: bool  # nothing else of its scale is better in one of both and no worse in the other


def placed(report: Report, found: Sequence[Measurement]) -> list[Placed]:
    """All that have both figures."""
    both = []
    for row in report["rows"] if report["sets"] else ():
        time = find(found, row["front_case"], METRIC)
        quality = find(found, picture_case(row["way"], report["sets"][0]["name"]), PSNR_Y.name)
        if time is not None and quality is not None:
            both.append((row, time, quality.median))
    return [Placed(*each, on_front=not any(_beats(other, each) for other in both)) for each in both]


def _beats(a: tuple[Any, Measurement, float], b: tuple[Any, Measurement, float]) -> bool:
    """In one, and not worse in the other."""
    ours, theirs = (a[1].median, -a[2]), (b[1].median, -b[2])
    return a[0]["scale"] == b[0]["scale"] and ours != theirs and ours[0] <= theirs[0] and ours[1] <= theirs[1]
