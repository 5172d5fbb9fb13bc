"""The report of `framelift bench pipeline` as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .report import Report
from .tables import head, size, spread, table


def document(report: Report) -> str:
    """The whole of it."""
    parts = [head("The file pipeline, measured", report, [f"Clip: {report['clip']['name']}, H.264"])]
    parts.append(_speed(report["rows"]))
    parts += [_stages(row) for row in report["rows"]]
    if report["lengths"]:
        parts.append(_lengths(report["lengths"]))
    return "\n\n".join(parts) + "\n"


def _speed(rows: Sequence[Mapping[str, Any]]) -> str:
    words = (
        "Decoded, upscaled, encoded and written, the cases in turns. `bicubic` is the same pipeline with FFmpeg's "
        "bicubic instead of a model: what decoding and encoding alone allow. Middle value of all runs (smallest to "
        "largest); memory is the process's peak; `kept` is the share of the pixels that did not change since the frame "
        "before and were not computed again."
    )
    header = ("case", "size", "fps", "of bicubic's fps", "cores busy", "peak memory", "kept", "limited by")
    return f"## Speed and memory\n\n{words}\n\n" + table(
        header,
        (
            (
                row["case"],
                f"{size(row['input_size'])} to {size(row['output_size'])}",
                spread(row["fps"], 1),
                spread(row["fps_over_bicubic"], 2),
                spread(row["cpu"], 2),
                _megabytes(row["memory_peak"]),
                _share(row.get("kept_share")),
                row["limiting_stage"],
            )
            for row in rows
        ),
    )


def _stages(row: Mapping[str, Any]) -> str:
    costs = {stage: values["median"] for stage, values in row["cpu_ms"].items()}
    total = sum(costs.values())
    words = "ms a frame in the run of middle speed; `busy` is the share of the run in which the stage worked."
    header = ["stage", "p50", "p95", "p99", "mean", "busy"]
    if costs:
        words += " CPU ms: of all the stage's threads, each stage run alone."
        header += ["CPU ms", "share"]
    lines = []
    for stage, times in row["stages"].items():
        line = [stage, *(f"{times[name]:.2f}" for name in ("p50", "p95", "p99", "mean")), f"{times['share']:.0%}"]
        if costs:
            line += [spread(row["cpu_ms"][stage], 2), f"{costs[stage] / total:.0%}"]
        lines.append(line)
    encoder = " ".join(filter(None, (row["encoder"], row.get("preset"))))
    about = f"{row['backend']}: {row['backend_reason']}; {encoder}."
    return f"## {row['case']}\n\n{about}\n\n{words}\n\n{table(header, lines)}"


def _lengths(lengths: Sequence[Mapping[str, Any]]) -> str:
    first, last = lengths[0], lengths[-1]
    more = last["sample"]["memory_peak"] - first["sample"]["memory_peak"]
    frames = last["frames"] - first["frames"]
    words = (
        "Peak memory of a process of its own for each clip. From the shortest to the longest it changes by "
        f"{_megabytes(more)}, {more / frames / 1000:.1f} kB for each frame more."
    )
    rows = (
        (
            f"{entry['case']}, {size(entry['input_size'])}",
            str(entry["frames"]),
            _megabytes(entry["sample"]["memory_before"]),
            _megabytes(entry["sample"]["memory_peak"]),
        )
        for entry in lengths
    )
    header = ("case", "frames", "before the run", "peak")
    return f"## Memory and length\n\n{words}\n\n{table(header, rows)}"


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.0f} MB"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"
