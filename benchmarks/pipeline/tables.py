"""The report of `framelift bench pipeline` as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...engine.timing import STAGES
from ..report import Report
from ..statistics.derived import combined, mean, percentile, times_faster
from ..statistics.measurement import Measurement
from ..tables import head, measured, ratio, size, table
from . import growth_tables as growth
from .metrics import (
    BLOCKED,
    BUSY,
    CPU,
    ENERGY,
    GPU_BUSY,
    GPU_ENERGY,
    GPU_MEMORY,
    KEPT,
    MEMORY,
    STARVED,
    THROUGHPUT,
    of_stage,
)
from .reading import SHARES, Figures, Row, by_case, percent, rows_of, sizes_of


def document(report: Report) -> str:
    """The whole of it."""
    figures = by_case(report)
    rows = report["rows"]
    parts = [head("The file pipeline, measured", report, _facts(report))]
    speed = rows_of(rows, "speed")
    parts += [_speed(speed, figures)] if speed else []
    parts += [_stages(row, figures[row["case"]]) for row in speed]
    parts += [growth.sizes(grown, figures)] if len(grown := sizes_of(rows)) > 1 else []
    parts += [growth.lengths(grown, figures)] if (grown := rows_of(rows, "lengths")) else []
    parts += [growth.streams(report["streams"], figures)] if report["streams"] else []
    return "\n\n".join(parts) + "\n"


def _facts(report: Report) -> list[str]:
    gpus = ", ".join(report["gpus"]) or "none that `nvidia-smi` knows of"
    energy = report["energy"] or "of the whole processor and its memory, idle or not, by its own counters"
    return [f"Clip: {report['clip']}", f"NVIDIA GPU: {gpus}", f"Energy: {energy}"]


def _speed(rows: Sequence[Row], figures: Mapping[str, Figures]) -> str:
    words = (
        f"{size(rows[0]['input_size'])} to {size(rows[0]['output_size'])}, decoded, upscaled, encoded and written, the "
        "cases in turns. `bicubic` is the same pipeline with FFmpeg's bicubic instead of a model: what decoding and "
        "encoding alone allow. Memory is the process's peak; `kept` is the share of the pixels that did not change "
        "since the frame before and were not computed again; what limits is the stage that worked longest."
    )
    plain = figures[rows[0]["case"]]
    columns: dict[str, Callable[[Figures], str]] = {
        "fps": lambda f: measured(f[THROUGHPUT], 1),
        "of bicubic's fps": lambda f: ratio(times_faster(f[THROUGHPUT], plain[THROUGHPUT])),
        "cores busy": lambda f: measured(combined([f[CPU], f[THROUGHPUT]], lambda ms, fps: ms * fps / 1000), 2),
        "CPU ms a frame": lambda f: measured(f[CPU], 2),
        "J a frame": lambda f: _if_told(f, ENERGY, 3),
        "peak memory, MB": lambda f: measured(f[MEMORY], 0),
        "GPU busy": lambda f: _percent_if_told(f, GPU_BUSY),
        "GPU memory, MB": lambda f: _if_told(f, GPU_MEMORY, 0),
        "GPU J a frame": lambda f: _if_told(f, GPU_ENERGY, 3),
        "kept": lambda f: _percent_if_told(f, KEPT),
        "limited by": _limit,
    }
    cells = {title: [cell(figures[row["case"]]) for row in rows] for title, cell in columns.items()}
    told = {title: column for title, column in cells.items() if any(column)}
    lines = zip([row["case"] for row in rows], *told.values(), strict=True)
    return f"## Speed and memory\n\n{words}\n\n{table(('case', *told), lines)}"


def _stages(row: Row, figures: Figures) -> str:
    stages = [stage for stage in STAGES if stage in figures]
    encoder = " ".join(filter(None, (row["encoder"], row["preset"])))
    about = f"{row['backend']}: {row['backend_reason']}; {encoder}."
    words = (
        "Where the time of a stage's threads goes: `busy` with frames, `starved` while none comes in, `blocked` while "
        "the next stage takes none; the rest is handing over, reading the file, and being done before the run is."
    )
    costed = all(of_stage(stage, CPU) in figures for stage in stages)
    words += " CPU ms a frame: of all the stage's threads, each stage run alone." if costed else ""
    times = table(("ms a frame", "p50", "p95", "p99", "mean"), ([stage, *_times(figures[stage])] for stage in stages))
    shares = [BUSY, STARVED, BLOCKED]
    lines = [[stage, *(percent(figures[of_stage(stage, share)]) for share in shares)] for stage in stages]
    if costed:
        costs = [figures[of_stage(stage, CPU)] for stage in stages]
        for line, cost in zip(lines, costs, strict=True):
            line += [measured(cost, 2), f"{cost.median / sum(cost.median for cost in costs):.0%}"]
    waits = table(("stage", *shares, *(("CPU ms", "share of it") if costed else ())), lines)
    return f"## {row['case']}\n\n{about}\n\n{times}\n\n{words}\n\n{waits}"


def _times(stage: Measurement) -> list[str]:
    return [*(measured(percentile(stage, share), 2) for share in SHARES), measured(mean(stage), 2)]


def _limit(figures: Figures) -> str:
    """The stage that worked longest: the run cannot go faster than it."""
    stages = [stage for stage in STAGES if stage in figures]
    return max(stages, key=lambda stage: figures[of_stage(stage, BUSY)].median)


def _if_told(figures: Figures, metric: str, digits: int) -> str:
    return measured(figures[metric], digits) if metric in figures else ""


def _percent_if_told(figures: Figures, metric: str) -> str:
    return percent(figures[metric]) if metric in figures else ""
