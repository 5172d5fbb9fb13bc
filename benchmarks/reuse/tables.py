"""The report of `framelift bench reuse` as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..report import Report
from ..statistics.bootstrap import Ratio, paired
from ..statistics.measurement import Measurement, measurements_of
from ..tables import head, measured, table
from .measure import KEPT, WITH, WITHOUT

_WORDS = (
    "`kept` is the share of the pixels that, with all the network looks at around them, did not change since the frame "
    "that the same thread had before: with one thread the frame before, with two the one before that. Milliseconds of "
    "CPU time a frame, luma by the network and chroma by bicubic, with and without reuse, each frame by both in turn; "
    "`change` is what reuse makes of the time within a pass over the clip. The outputs were equal, bit for bit."
)
_HEADER = ("clip, model", "threads", "kept", "ms with reuse", "ms without", "change, %")


def document(report: Report) -> str:
    """The whole of it."""
    found = {(m.case, m.metric): m for m in measurements_of(report)}
    lines = table(_HEADER, (_line(row, found) for row in report["rows"]))
    return f"{head('Reuse of what does not change, measured', report, ())}\n\n{_WORDS}\n\n{lines}\n"


def _line(row: Mapping[str, Any], found: Mapping[tuple[str, str], Measurement]) -> list[str]:
    kept, ours, without = (found[row["case"], metric] for metric in (KEPT, WITH, WITHOUT))
    return [
        f"{row['clip']}, {row['model']}",
        str(row["threads"]),
        f"{kept.median:.1%}",
        measured(ours, 2),
        measured(without, 2),
        _change(paired(without, ours)),
    ]


def _change(ratio: Ratio) -> str:
    """In percent: below 0 where time is spared, above where looking for changes costs more than it spares."""
    middle, low, high = (f"{100 * (value - 1):+.1f}" for value in (ratio.middle, ratio.low, ratio.high))
    return f"{middle} ({low} to {high})"
