"""The report of `framelift bench reuse` as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .report import Report
from .tables import head, spread, table

_WORDS = (
    "`kept` is the share of the pixels that, with all the network looks at around them, did not change since the frame "
    "that the same thread had before: with one thread the frame before, with two the one before that. Milliseconds of "
    "CPU time a frame, luma by the network and chroma by bicubic, with and without reuse, each frame by both in turn; "
    "`change` is what reuse makes of the time within a pass over the clip. Middle value of all passes (smallest to "
    "largest). The outputs were equal, bit for bit."
)
_HEADER = ("clip, model", "threads", "kept", "ms with reuse", "ms without", "change, %")


def document(report: Report) -> str:
    """The whole of it."""
    return f"{head('Reuse of what does not change, measured', report, ())}\n\n{_WORDS}\n\n{_table(report['rows'])}\n"


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    return table(
        _HEADER,
        (
            (
                f"{row['clip']}, {row['model']}",
                str(row["threads"]),
                f"{row['kept_share']:.1%}",
                spread(row["ms"], 2),
                spread(row["ms_without"], 2),
                _change(row["ratio"]),
            )
            for row in rows
        ),
    )


def _change(ratio: Mapping[str, float]) -> str:
    """In percent: below 0 where time is spared, above where looking for changes costs more than it spares."""
    middle, least, most = (f"{100 * (ratio[name] - 1):+.1f}" for name in ("median", "min", "max"))
    return f"{middle} ({least} to {most})"
