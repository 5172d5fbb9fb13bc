"""The report of `framelift bench live` as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..report import Report
from ..statistics.bootstrap import paired
from ..statistics.measurement import Measurement, measurements_of
from ..tables import head, measured, ratio, size, table
from .names import (
    ADDED,
    BITRATE,
    CORES,
    DOUBLED,
    EARLY,
    ENCODE,
    FILES,
    FPS,
    GAIN,
    GAP,
    GLASS,
    LATE,
    LOST,
    MACHINE,
    MEMORY,
    OURS,
    OUT_OF_ORDER,
    P95,
    P99,
    PROCESSES,
    PSNR,
    SMALL_BITRATE,
    STOCK,
    THREADS,
    UNREAD,
    latency_of,
    viewers_of,
)

Row = Mapping[str, Any]
Found = Mapping[tuple[str, str], Measurement]
"""By case and metric."""
Cell = Callable[[Row, Found], str]
Columns = Mapping[str, Cell]
"""What stands above a column, and what a row has in it."""

_WORDS = """\
Publisher, server and viewers are processes of their own on one machine, whose clock they share, and talk over loopback.
Each frame carries its number in its pixels. Glass to glass is from when the publisher makes a frame to when the viewer
has its picture; the first two seconds are not counted. `stock` is plain aiortc, which upscales with the same engine and
model inside `recv()`; stock peers are plain aiortc, our peers have our changes to it and our encoder. `machine late` is
how much too late the publisher's own clock woke it, at the 95th percentile: a millisecond on a quiet machine."""

_ABOUT = {
    "latency": """\
`added` is by the server's own ledger: from a frame's last packet in to its last packet out.""",
    "browser": """\
A headless browser publishes a canvas and watches the result in the same page. `not shown` are frames that were drawn,
and that the browser did not send or did not show.""",
    "quality": """\
What the viewer received against the original, which the publisher had made smaller. Beside it the small pictures,
encoded by the same encoder for the bitrate that the viewer received, lost nowhere, and enlarged as browsers do.""",
    "viewers": """\
Of one stream.""",
    "loss": """\
Datagrams of media dropped on arrival at the viewer.""",
    "overload": """\
`upscale`, `encode`: this stage takes 100 ms longer for each frame. `model`: a foreign network that two cores cannot
keep up with. `dropped` is what the server counts, by hand-over; `not seen` is counted in the pixels.""",
    "soak": """\
One stream and one viewer all the time; viewers and publishers come and go beside them.""",
}


def document(report: Report) -> str:
    """The whole of it: the targets of all cases, then each case."""
    clip = report["clip"]
    facts = [f"Published: {clip['name']}, made {clip['scale']} times smaller: {size(clip['size'])}, 30 frames a second"]
    targets = [target for case in report["cases"].values() for target in case["targets"]]
    found = {(m.case, m.metric): m for m in measurements_of(report)}
    parts = [head("The live path, measured", report, facts), _WORDS]
    parts += [f"## Targets\n\n{_targets(targets)}"] if targets else []
    for case, result in report["cases"].items():
        failed = result["failed"]
        shown = f"Not measured: {failed}" if failed is not None else _SHOWN[case](result["rows"], found)
        parts += [f"## {case.capitalize()}", _ABOUT[case], shown]
    return "\n\n".join(parts) + "\n"


def _targets(targets: Sequence[Row]) -> str:
    def limit(target: Row) -> str:
        return f"at most {target['most']:.4g}" if target["most"] is not None else f"at least {target['least']:.4g}"

    rows = [
        (t["what"], "-" if t["value"] is None else f"{t['value']:.4g}", limit(t), "met" if t["met"] else "**missed**")
        for t in targets
    ]
    return table(("target", "measured", "wanted", ""), rows)


def _shown(rows: Sequence[Row], found: Found, columns: Columns) -> str:
    return table(tuple(columns), ([cell(row, found) for cell in columns.values()] for row in rows))


def _metric(metric: str, digits: int) -> Cell:
    def cell(row: Row, found: Found) -> str:
        measurement = found.get((row["case"], metric))
        return measured(measurement, digits) if measurement else "-"

    return cell


def _count(metric: str) -> Cell:
    """Of all runs."""
    return lambda row, found: f"{sum(found[row['case'], metric].values):.0f}"


def _over(metric: str, name: Callable[[Row], str]) -> Cell:
    """The row's over that of the case `name`, run by run."""

    def cell(row: Row, found: Found) -> str:
        own, other = found.get((row["case"], metric)), found.get((name(row), metric))
        return ratio(paired(other, own)) if own and other else "-"

    return cell


def _said(words: Callable[[Row], str]) -> Cell:
    return lambda row, _: words(row)


def _counts(counts: Mapping[str, int] | None) -> str:
    if counts is None:
        return "-"
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "none"


_GLASS: Columns = {
    "glass to glass p50, ms": _metric(GLASS, 1),
    "p95, ms": _metric(P95, 1),
    "p99, ms": _metric(P99, 1),
}
_LOST: Columns = {
    "lost": lambda row, found: f"{sum(found[row['case'], LOST].values):.0f} of {row['frames']}",
    "twice": _count(DOUBLED),
    "out of order": _count(OUT_OF_ORDER),
    "unread": _count(UNREAD),
}
_SYSTEM: Columns = {"codec, server, peers": _said(lambda row: f"{row['codec']}, {row['system']}")}
_MADE_BY = _said(lambda row: _counts(row["rungs"]))


def _latency(rows: Sequence[Row], found: Found) -> str:
    def stock(row: Row) -> str:
        return latency_of(row["codec"], STOCK)

    glass: Columns = {
        **_SYSTEM,
        **_GLASS,
        "p50 of stock's": _over(GLASS, stock),
        "p95 of stock's": _over(P95, stock),
        "added p95, ms": _metric(ADDED, 1),
        "machine late, ms": _metric(MACHINE, 1),
    }
    rest: Columns = {
        **_SYSTEM,
        **_LOST,
        "fps": _metric(FPS, 1),
        "server's cores busy": _metric(CORES, 2),
        "Mb/s": _metric(BITRATE, 2),
        "PSNR-Y, dB": _metric(PSNR, 2),
        "made by": _MADE_BY,
    }
    return f"{_shown(rows, found, glass)}\n\n{_shown(rows, found, rest)}"


def _browser(rows: Sequence[Row], found: Found) -> str:
    columns: Columns = {
        "codec, server": _said(lambda row: f"{row['codec']}, {row['server']}"),
        "glass to glass p50, ms": _metric(GLASS, 1),
        "p95, ms": _metric(P95, 1),
        "fps": _metric(FPS, 1),
        "not shown": _LOST["lost"],
        "unread": _LOST["unread"],
        "size": _said(lambda row: size(row["size"])),
        "Chromium": _said(lambda row: str(row["browser"])),
    }
    return _shown(rows, found, columns)


def _quality(rows: Sequence[Row], found: Found) -> str:
    columns: Columns = {
        "codec, asked for": _said(lambda row: f"{row['codec']}, {_asked(row)}"),
        "Mb/s received": _metric(BITRATE, 2),
        "PSNR-Y, dB": _metric(PSNR, 2),
        "small: Mb/s": _metric(SMALL_BITRATE, 2),
        "small, bicubic": _metric("small, bicubic", 2),
        "small, bilinear": _metric("small, bilinear", 2),
        "gain, dB": _metric(GAIN, 2),
    }
    return _shown(rows, found, columns)


def _asked(row: Row) -> str:
    return "default" if row["asked"] is None else f"{row['asked'] / 1e6:g} Mb/s"


def _viewers(rows: Sequence[Row], found: Found) -> str:
    def one(row: Row) -> str:
        system = next(system for system in (OURS, STOCK) if system.name == row["system"])
        return viewers_of(row["codec"], system, 1)

    columns: Columns = {
        "server, peers, viewers": _said(lambda row: f"{row['system']}, {row['viewers']}"),
        "server's cores busy": _metric(CORES, 2),
        "of one viewer's": _over(CORES, one),
        "encoding of one viewer's": _over(ENCODE, one),
        **_GLASS,
    }
    return _shown(rows, found, columns)


def _loss(rows: Sequence[Row], found: Found) -> str:
    columns: Columns = {
        "codec, datagrams lost, server, peers": _said(
            lambda row: f"{row['codec']}, {row['loss']:.0%}, {row['system']}"
        ),
        **_GLASS,
        **_LOST,
        "longest gap, ms": _metric(GAP, 0),
        "fps": _metric(FPS, 1),
    }
    return _shown(rows, found, columns)


def _overload(rows: Sequence[Row], found: Found) -> str:
    columns: Columns = {
        "slow, server, peers": _said(lambda row: f"{row['slow']}, {row['system']}"),
        "p50 at first, ms": _metric(EARLY, 0),
        "p50 at last, ms": _metric(LATE, 0),
        "p99, ms": _metric(P99, 0),
        "fps": _metric(FPS, 1),
        "not seen": _LOST["lost"],
        "dropped": _said(lambda row: _counts(row["dropped"])),
        "made by": _MADE_BY,
    }
    return _shown(rows, found, columns)


def _soak(rows: Sequence[Row], found: Found) -> str:
    header = ("seconds", "memory, MB", "threads", "open files", "processes")
    parts = []
    for row in rows:
        done, at = row["sessions"], row["at"]
        usage = [found[row["case"], metric].values for metric in (MEMORY, THREADS, FILES, PROCESSES)]
        few = sorted({round(i * (len(at) - 1) / 10) for i in range(11)})
        lines = [(f"{at[i]:.0f}", *(f"{values[i]:.0f}" for values in usage)) for i in few]
        why = f"; the first: {done['why']}" if done["why"] else ""
        parts += [f"{done['opened']} sessions opened and closed, {done['failed']} failed{why}.", table(header, lines)]
    return "\n\n".join(parts)


_SHOWN: dict[str, Callable[[Sequence[Row], Found], str]] = {
    "latency": _latency,
    "browser": _browser,
    "quality": _quality,
    "viewers": _viewers,
    "loss": _loss,
    "overload": _overload,
    "soak": _soak,
}
