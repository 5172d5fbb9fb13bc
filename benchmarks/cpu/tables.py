"""The report of `framelift bench cpu` as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from ..cases import threads_in_words
from ..report import Report
from ..statistics.bootstrap import paired
from ..statistics.measurement import Measurement, measurements_of
from ..tables import head, measured, ratio, size, table
from .gauge import COPYING, ONE_CORE
from .group import CPU, DIFFERENCE, NETWORK, OF_PEAK, REFERENCES, WHOLE

Row = Mapping[str, Any]
Measured = Mapping[tuple[str, str], Measurement]
"""By case and metric."""

_OVERVIEW = (
    "ms a frame of the network alone; of several cases of one runtime and precision, the fastest. The native kernel's "
    "time has everything from bytes to bytes in it, the others' has not."
)
_DETAILS = (
    "## Every case\n\nms a frame of the network, of CPU time in it on all threads, and from luma bytes to luma bytes; "
    "`times`: how many times as fast as another case, network against network in the same turn; the share of what the "
    "cores can do at most at that turn's clock; the largest difference from ONNX Runtime FP32 in 8-bit codes, on a "
    "rendered picture."
)


def document(report: Report) -> str:
    """The whole of it."""
    groups = [list(rows) for _, rows in groupby(report["rows"], key=_group)]
    found = {(m.case, m.metric): m for m in measurements_of(report)}
    parts = [head("Networks on the processor, measured", report, _at_most(found)), _overview(groups, found)]
    return "\n\n".join([*parts, _DETAILS, *(_details(rows, found) for rows in groups)]) + "\n"


def fastest(rows: Sequence[Row], kind: str, found: Measured) -> Measurement | None:
    """The network's time by the fastest case of `kind`, a runtime and a precision."""
    times = [found[row["case"], NETWORK] for row in rows if kind_of(row) == kind and not row["reason"]]
    return min(times, key=lambda m: m.median) if times else None


def kind_of(row: Row) -> str:
    """Runtime and precision."""
    return f"{row['runtime']} {row['precision']}"


def _group(row: Row) -> tuple[str, str, int]:
    return row["network"], size(row["input_size"]), row["threads"]


def _at_most(found: Measured) -> list[str]:
    """Of one core."""
    facts = [
        f"{metric if metric != COPYING else 'copying, read and written,'} {m.median:.0f} {m.unit}"
        for (case, metric), m in found.items()
        if case == ONE_CORE
    ]
    return [f"One core at most: {', '.join(facts)}"]


def _overview(groups: Sequence[Sequence[Row]], found: Measured) -> str:
    kinds = list(dict.fromkeys(kind_of(row) for rows in groups for row in rows))
    lines = []
    for rows in groups:
        network, sides, threads = _group(rows[0])
        cells = [fastest(rows, kind, found) for kind in kinds]
        lines.append([f"{network}, {sides}", str(threads), *(measured(m, 2) if m else "" for m in cells)])
    return f"## Overview\n\n{_OVERVIEW}\n\n{table(('network', 'threads', *kinds), lines)}"


def _details(rows: Sequence[Row], found: Measured) -> str:
    network, sides, threads = _group(rows[0])
    references = {row["way"]: row["case"] for row in rows if row["way"] in REFERENCES and not row["reason"]}
    words = f"{rows[0]['macs_per_pixel']:,} MAC an input pixel, x{rows[0]['scale']}."
    header = ["case", "network", "CPU", "bytes to bytes", *(f"times {way}" for way in references)]
    header += ["of peak", "differs by"]
    title = f"### {network}, {sides}, {threads_in_words(threads)}"
    lines = (_line(row, list(references.values()), found) for row in rows)
    return f"{title}\n\n{words}\n\n{table(header, lines)}"


def _line(row: Row, references: Sequence[str], found: Measured) -> list[str]:
    if row["reason"]:
        return [row["way"], f"not measured: {row['reason']}", *[""] * (len(references) + 4)]

    def cell(metric: str, show: Callable[[Measurement], str]) -> str:
        m = found.get((row["case"], metric))
        return show(m) if m else ""

    own = found[row["case"], NETWORK]
    return [
        row["way"],
        *(cell(metric, lambda m: measured(m, 2)) for metric in (NETWORK, CPU, WHOLE)),
        *(ratio(paired(own, found[reference, NETWORK])) for reference in references),
        cell(OF_PEAK, lambda m: measured(m, 2)),
        cell(DIFFERENCE, lambda m: measured(m, 0)),
    ]
