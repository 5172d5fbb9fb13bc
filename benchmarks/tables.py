"""Reports as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..engine.errors import InputError
from .pipeline import KIND
from .report import Report


def markdown(report: Report) -> str:
    """A whole report for people. Raises InputError for a kind this version does not know."""
    if report["kind"] != KIND:
        raise InputError(f"reports of kind {report['kind']!r} are unknown", f"this version shows {KIND!r}")
    parts = [_head(report), _speed(report["rows"])]
    parts += [_stages(row) for row in report["rows"]]
    if report["lengths"]:
        parts.append(_lengths(report["lengths"]))
    return "\n\n".join(parts) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool = True) -> str:
    """A Markdown table; the columns from the second hold `numbers`, flush right, or text."""
    lines = [header, ["---", *["---:" if numbers else "---"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _head(report: Report) -> str:
    machine, versions = report["machine"], report["versions"]
    software = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"# The file pipeline, measured\n\nMade by `{report['command']}` on {report['date']}, "
        f"commit {report['commit'] or 'unknown'}.\n\n"
        f"- Machine: {machine['cpu']}, {machine['cores']} cores, {machine['memory'] / 2**30:.1f} GiB, "
        f"{machine['system']}; load before the run {machine['load']:.1f}\n"
        f"- Software: {software}\n"
        f"- Clip: {report['clip']['name']}, H.264"
    )


def _speed(rows: Sequence[Mapping[str, Any]]) -> str:
    words = (
        "Decoded, upscaled, encoded and written, the cases in turns. `bicubic` is the same pipeline with FFmpeg's "
        "bicubic instead of a model: what decoding and encoding alone allow. Middle value of all runs (smallest to "
        "largest); memory is the process's peak."
    )
    header = ("case", "size", "fps", "of bicubic's fps", "cores busy", "peak memory", "limited by")
    return f"## Speed and memory\n\n{words}\n\n" + table(
        header,
        (
            (
                row["case"],
                f"{_size(row['input_size'])} to {_size(row['output_size'])}",
                _spread(row["fps"], 1),
                _spread(row["fps_over_bicubic"], 2),
                _spread(row["cpu"], 2),
                _megabytes(row["memory_peak"]),
                row["limiting_stage"],
            )
            for row in rows
        ),
    )


def _stages(row: Mapping[str, Any]) -> str:
    costs = {stage: spread["median"] for stage, spread in row["cpu_ms"].items()}
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
            line += [_spread(row["cpu_ms"][stage], 2), f"{costs[stage] / total:.0%}"]
        lines.append(line)
    about = f"{row['backend']}: {row['backend_reason']}; {row['encoder']}."
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
            f"{entry['case']}, {_size(entry['input_size'])}",
            str(entry["frames"]),
            _megabytes(entry["sample"]["memory_before"]),
            _megabytes(entry["sample"]["memory_peak"]),
        )
        for entry in lengths
    )
    header = ("case", "frames", "before the run", "peak")
    return f"## Memory and length\n\n{words}\n\n{table(header, rows)}"


def _spread(values: Mapping[str, float], digits: int) -> str:
    return f"{values['median']:.{digits}f} ({values['min']:.{digits}f} to {values['max']:.{digits}f})"


def _size(size: Sequence[int]) -> str:
    return f"{size[0]}x{size[1]}"


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.0f} MB"
