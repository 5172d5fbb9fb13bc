"""The report of `framelift bench latency` as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from ..report import Report
from ..statistics.derived import mean, percentile
from ..statistics.measurement import Measurement
from ..tables import head, measured, table
from .chain import Times
from .cold import PARTS, WHOLE
from .groups import Group, by_name, groups_of, label
from .turn import FRAME, JITTER, MOST_WARM

Measured = Mapping[tuple[str, str], Measurement]

_FACTS = (
    "One frame at a time, from reading it to its H.264 packet, which the live encoder gives at once; wall clock, in ms",
    "Reuse is off: every frame is computed whole, also where nothing has moved",
    "Each case is opened anew in each turn and warmed up until its frames are steady (MSER-5); those are left out",
)
_WORDS = (
    "Of each case the first table has a frame's whole way: p50, p95, p99 and mean are medians of the turns' own; least "
    "and most are of all frames measured. Jitter is the standard deviation of the differences between a frame and the "
    "next, within a turn. Warm-up is in frames, of the middle turn and of the longest; "
    f"{MOST_WARM} is the most, for frames that never became steady. The second table has the median of each stage: "
    "`decode` counts reading, too; `finish` is what the network leaves to do, such as chroma."
)
_COLD = (
    "From the start of a process to its first enlarged frame, by the steps of `framelift upscale`: `imports` is Python "
    "and what the command imports; `plan` the file probed, the model read and all decided; `model` the backend loaded "
    "and ready; `frame` the output opened, the first frame decoded and enlarged. Every start is a process of its own, "
    "with the command's own threads and mode. All files were in the system's page cache."
)


def document(report: Report) -> str:
    """The whole of it, also of a report that was interrupted."""
    made = by_name(report)
    clips = dict.fromkeys(row["clip"] for row in report["rows"])
    parts = [head("Latency, measured", report, [f"Clips: {', '.join(clips)}", *_FACTS]), _WORDS]
    for group in groups_of(report):
        parts += [f"## {group.title}", _frames(group, made), _stages(group, made)]
    parts += [_cold(report, made)] if report["cold"] else []
    parts += [_backends(report)]
    parts += [_refused(report)] if report["refused"] else []
    return "\n\n".join(parts) + "\n"


def _frames(group: Group, made: Measured) -> str:
    header = ("case", "p50", "p95", "p99", "mean", "least", "most", "jitter", "frames", "warm-up")
    rows = []
    for row in group.rows:
        frames, jitter, warm = made[row["case"], FRAME], made[row["case"], JITTER], row["warm_up_frames"]
        spread = [measured(each, 2) for each in (percentile(frames, 0.95), percentile(frames, 0.99), mean(frames))]
        ends = [f"{value:.2f}" for value in (min(frames.values), max(frames.values))]
        counts = [str(len(frames.values)), f"{statistics.median_high(warm)}, {max(warm)}"]
        rows.append((label(row), measured(frames, 2), *spread, *ends, measured(jitter, 2), *counts))
    return table(header, rows)


def _stages(group: Group, made: Measured) -> str:
    header = ("case", *Times._fields)
    rows = [(label(row), *(measured(made[row["case"], stage], 2) for stage in Times._fields)) for row in group.rows]
    return table(header, rows)


def _cold(report: Report, made: Measured) -> str:
    metrics = (WHOLE, *PARTS)
    header = ("case", "first frame after", *(part.removeprefix(f"{WHOLE}: ") for part in PARTS))
    rows = [(row["case"], *(measured(made[row["case"], metric], 0) for metric in metrics)) for row in report["cold"]]
    return f"## Cold start\n\n{_COLD}\n\n{table(header, rows)}"


def _backends(report: Report) -> str:
    """What ran the models, as the engine tells it; threads are in the tables."""
    reasons = dict.fromkeys(
        (label(row).partition(", ")[2], row["threads"], row["backend_reason"]) for row in report["rows"]
    )
    lines = [(backend, str(threads), reason) for backend, threads, reason in reasons]
    return f"## Backends\n\n{table(('backend', 'threads', 'what it is'), lines, numbers=False)}"


def _refused(report: Report) -> str:
    rows: Sequence[tuple[str, str]] = [(row["case"], row["why"]) for row in report["refused"]]
    return f"## Not measured\n\n{table(('case', 'why'), rows, numbers=False)}"
