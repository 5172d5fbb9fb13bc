"""The report of `framelift bench cpu` as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from .report import Report
from .tables import head, size, spread, table

Row = Mapping[str, Any]

_OVERVIEW = (
    "ms a frame of the network alone, middle value of all turns; of several cases of one runtime and precision, the "
    "fastest. The native kernel's time has everything from bytes to bytes in it, the others' has not."
)
_DETAILS = (
    "## Every case\n\nms a frame of the network, of CPU time in it on all threads, and from luma bytes to luma bytes, "
    "middle value of all turns (smallest to largest); `times`: how many times as fast as another case, network against "
    "network in the same turn; the share of what the cores can do at most at that turn's clock; the largest difference "
    "from ONNX Runtime FP32 in 8-bit codes, on a rendered picture."
)


def document(report: Report) -> str:
    """The whole of it."""
    groups = [list(rows) for _, rows in groupby(report["rows"], key=_group)]
    parts = [head("Networks on the processor, measured", report, _peaks(report["peak"])), _overview(groups)]
    return "\n\n".join([*parts, _DETAILS, *map(_details, groups)]) + "\n"


def _group(row: Row) -> tuple[str, str, int]:
    return row["network"], size(row["input_size"]), row["threads"]


def _peaks(peak: Mapping[str, Any]) -> list[str]:
    """Of one core."""
    copying = f"copying {peak['bandwidth'] / 1e9:.1f} GB/s, read and written"
    facts = [f"{path} {rate / 1e9:.0f} GOP/s" for path, rate in peak["operations"].items()]
    return [f"One core at most: {', '.join([*facts, copying])}"]


def _overview(groups: Sequence[Sequence[Row]]) -> str:
    kinds = list(dict.fromkeys(_kind(row) for rows in groups for row in rows))
    lines = []
    for rows in groups:
        network, sides, threads = _group(rows[0])
        lines.append([f"{network}, {sides}", str(threads), *(_fastest(rows, kind) for kind in kinds)])
    return f"## Overview\n\n{_OVERVIEW}\n\n{table(('network', 'threads', *kinds), lines)}"


def _fastest(rows: Sequence[Row], kind: str) -> str:
    times = [row["ms"]["median"] for row in rows if _kind(row) == kind and not row["reason"]]
    return f"{min(times):.2f}" if times else ""


def _kind(row: Row) -> str:
    return f"{row['runtime']} {row['precision']}"


def _details(rows: Sequence[Row]) -> str:
    network, sides, threads = _group(rows[0])
    references = list(dict.fromkeys(name for row in rows if not row["reason"] for name in row["speed"]))
    words = f"{rows[0]['macs_per_pixel']:,} MAC an input pixel, x{rows[0]['scale']}."
    times = [f"times {name}" for name in references]
    header = ["case", "network", "CPU", "bytes to bytes", *times, "of peak", "differs by"]
    title = f"### {network}, {sides}, {threads} thread{'s' * (threads > 1)}"
    return f"{title}\n\n{words}\n\n{table(header, (_line(row, references) for row in rows))}"


def _line(row: Row, references: Sequence[str]) -> list[str]:
    if row["reason"]:
        return [row["case"], f"not measured: {row['reason']}", *[""] * (len(references) + 4)]
    share, difference = row["peak_share"], row["difference"]
    return [
        row["case"],
        spread(row["ms"], 2),
        f"{row['ms_cpu']['median']:.2f}",
        f"{row['ms_whole']['median']:.2f}",
        *(spread(row["speed"][name], 2) for name in references),
        "" if share is None else f"{share:.0%}",
        "" if difference is None else str(difference),
    ]
