"""The report of `framelift bench live` as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .report import Report
from .tables import head, size, spread, table

Row = Mapping[str, Any]
Columns = Mapping[str, Callable[[Row], str]]
"""What stands above a column, and what a row has in it."""

_WORDS = """\
Publisher, server and viewers are processes of their own on one machine, whose clock they share, and talk over loopback.
Each frame carries its number in its pixels. Glass to glass is from when the publisher makes a frame to when the viewer
has its picture; the first two seconds are not counted. `stock` is plain aiortc, which upscales with the same engine and
model inside `recv()`; stock peers are plain aiortc, our peers have our changes to it and our encoder. Middle value of
all turns (smallest to largest). `machine late` is how much too late the publisher's own clock woke it, at the 95th
percentile: a millisecond on a quiet machine."""

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
    parts = [head("The live path, measured", report, facts), _WORDS]
    parts += [f"## Targets\n\n{_targets(targets)}"] if targets else []
    for case, result in report["cases"].items():
        shown = f"Not measured: {result['failed']}" if "failed" in result else _SHOWN[case](result["rows"])
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


def _shown(rows: Sequence[Row], columns: Columns) -> str:
    return table(tuple(columns), ([cell(row) for cell in columns.values()] for row in rows))


def _spread_of(name: str, digits: int, unit: float = 1.0) -> Callable[[Row], str]:
    """A row's numbers of all turns, in `unit`s."""

    def cell(row: Row) -> str:
        values = row[name]
        return "-" if values is None else spread({key: value / unit for key, value in values.items()}, digits)

    return cell


def _number_of(name: str, digits: int = 2) -> Callable[[Row], str]:
    return lambda row: "-" if row[name] is None else f"{row[name]:.{digits}f}"


def _counts(counts: Mapping[str, int] | None) -> str:
    if counts is None:
        return "-"
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "none"


def _rungs(row: Row) -> str:
    """Which ways of enlarging made how many frames, by our server, in the last turn."""
    session = row["samples"][-1]["session"]
    return _counts(session and session["video"]["rungs"])


_GLASS: Columns = {
    "glass to glass p50, ms": _spread_of("p50_ms", 1),
    "p95, ms": _spread_of("p95_ms", 1),
    "p99, ms": _spread_of("p99_ms", 1),
}
_LOST: Columns = {
    "lost": lambda row: f"{row['lost']} of {row['frames']}",
    "twice": lambda row: str(row["doubled"]),
    "out of order": lambda row: str(row["out_of_order"]),
    "unread": lambda row: str(row["unread"]),
}
_SYSTEM: Columns = {"codec, server, peers": lambda row: f"{row['codec']}, {row['system']}"}
_RATE = _spread_of("bitrate", 2, 1e6)


def _latency(rows: Sequence[Row]) -> str:
    glass: Columns = {
        **_SYSTEM,
        **_GLASS,
        "p50 of stock's": _number_of("p50_over_stock"),
        "p95 of stock's": _number_of("p95_over_stock"),
        "added p95, ms": _spread_of("added_p95_ms", 1),
        "machine late, ms": _spread_of("late_p95_ms", 1),
    }
    rest: Columns = {
        **_SYSTEM,
        **_LOST,
        "fps": _spread_of("fps", 1),
        "server's cores busy": _spread_of("cpu", 2),
        "Mb/s": _RATE,
        "PSNR-Y, dB": _spread_of("psnr", 2),
        "made by": _rungs,
    }
    return f"{_shown(rows, glass)}\n\n{_shown(rows, rest)}"


def _browser(rows: Sequence[Row]) -> str:
    columns: Columns = {
        "codec, server": lambda row: f"{row['codec']}, {row['server']}",
        "glass to glass p50, ms": _spread_of("p50_ms", 1),
        "p95, ms": _spread_of("p95_ms", 1),
        "fps": _spread_of("fps", 1),
        "not shown": _LOST["lost"],
        "unread": _LOST["unread"],
        "size": lambda row: size(row["size"]),
        "Chromium": lambda row: str(row["browser"]),
    }
    return _shown(rows, columns)


def _quality(rows: Sequence[Row]) -> str:
    def small(name: str, unit: float = 1.0) -> Callable[[Row], str]:
        return lambda row: f"{row['small'][name] / unit:.2f}"

    columns: Columns = {
        "codec, asked for": lambda row: f"{row['codec']}, {_asked(row)}",
        "Mb/s received": _RATE,
        "PSNR-Y, dB": _spread_of("psnr", 2),
        "small: Mb/s": small("bitrate", 1e6),
        "small, bicubic": small("bicubic"),
        "small, bilinear": small("bilinear"),
        "gain, dB": _number_of("gain"),
    }
    return _shown(rows, columns)


def _asked(row: Row) -> str:
    return "default" if row["asked"] is None else f"{row['asked'] / 1e6:g} Mb/s"


def _viewers(rows: Sequence[Row]) -> str:
    columns: Columns = {
        "server, peers, viewers": lambda row: f"{row['system']}, {row['viewers']}",
        "server's cores busy": _spread_of("cpu", 2),
        "of one viewer's": _number_of("cpu_over_one"),
        "encoding of one viewer's": _number_of("encode_over_one"),
        **_GLASS,
    }
    return _shown(rows, columns)


def _loss(rows: Sequence[Row]) -> str:
    columns: Columns = {
        "codec, datagrams lost, server, peers": lambda row: f"{row['codec']}, {row['loss']:.0%}, {row['system']}",
        **_GLASS,
        **_LOST,
        "longest gap, ms": _spread_of("longest_gap_ms", 0),
        "fps": _spread_of("fps", 1),
    }
    return _shown(rows, columns)


def _overload(rows: Sequence[Row]) -> str:
    columns: Columns = {
        "slow, server, peers": lambda row: f"{row['slow']}, {row['system']}",
        "p50 at first, ms": lambda row: f"{row['samples'][0]['glass']['early_ms']:.0f}",
        "p50 at last, ms": lambda row: f"{row['samples'][0]['glass']['late_ms']:.0f}",
        "p99, ms": _spread_of("p99_ms", 0),
        "fps": _spread_of("fps", 1),
        "not seen": _LOST["lost"],
        "dropped": lambda row: _counts(row["dropped"]),
        "made by": _rungs,
    }
    return _shown(rows, columns)


def _soak(rows: Sequence[Row]) -> str:
    columns: Columns = {
        "seconds": _number_of("at", 0),
        "memory, MB": lambda sample: f"{sample['memory'] / 1e6:.0f}",
        "threads": lambda sample: str(sample["threads"]),
        "open files": lambda sample: str(sample["files"]),
        "processes": lambda sample: str(sample["processes"]),
    }
    parts = []
    for row in rows:
        samples, done = row["samples"], row["sessions"]
        few = [samples[round(i * (len(samples) - 1) / 10)] for i in range(11)]
        why = f"; the first: {done['why']}" if done["why"] else ""
        parts += [f"{done['opened']} sessions opened and closed, {done['failed']} failed{why}.", _shown(few, columns)]
    return "\n\n".join(parts)


_SHOWN: dict[str, Callable[[Sequence[Row]], str]] = {
    "latency": _latency,
    "browser": _browser,
    "quality": _quality,
    "viewers": _viewers,
    "loss": _loss,
    "overload": _overload,
    "soak": _soak,
}
