"""How the cost grows, as Markdown: with the pixels, with the length, with streams at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..statistics.derived import each, percentile
from ..tables import measured, size, table
from .metrics import CORES, MEMORY, MEMORY_BEFORE, MOST_STREAMS, ON_TIME, STAY, THROUGHPUT
from .reading import SHARES, Figures, Row, per_frame, percent, pixels, without_size


def sizes(rows: Sequence[Row], figures: Mapping[str, Figures]) -> str:
    """A section on the first model in several sizes."""
    header = ("input", "megapixels", "ms a frame", "ms a megapixel", "fps", "peak memory, MB")

    def line(row: Row) -> list[str]:
        found, megapixels = figures[row["case"]], pixels(row)
        a_megapixel = each(per_frame(found), lambda ms: ms / megapixels)
        times = [measured(per_frame(found), 2), measured(a_megapixel, 2), measured(found[THROUGHPUT], 1)]
        return [size(row["input_size"]), f"{megapixels:.3f}", *times, measured(found[MEMORY], 0)]

    words = f"{without_size(rows[0])}; megapixels are the input's."
    return f"## Growth with the pixels\n\n{words}\n\n{table(header, map(line, rows))}"


def lengths(rows: Sequence[Row], figures: Mapping[str, Figures]) -> str:
    """A section on the first model in several lengths."""
    first, last = rows[0], rows[-1]
    more = figures[last["case"]][MEMORY].median - figures[first["case"]][MEMORY].median
    frames = max(1, last["frames"] - first["frames"])
    words = (
        f"{without_size(first)}, {size(first['input_size'])}. From the shortest to the longest the process's peak "
        f"changes by {more:.1f} MB, {1000 * more / frames:.2f} kB for each frame more."
    )
    header = ("frames", "ms a frame", "memory before the run, MB", "peak memory, MB")
    lines = []
    for row in rows:
        found = figures[row["case"]]
        memory = [measured(found[metric], 1) for metric in (MEMORY_BEFORE, MEMORY)]
        lines.append([str(row["frames"]), measured(per_frame(found), 2), *memory])
    return f"## Growth with the length\n\n{words}\n\n{table(header, lines)}"


def streams(run: Row, figures: Mapping[str, Figures]) -> str:
    """A section on live streams; `run` is the report's `streams`."""
    found = figures.get(run["case"], {}).get(MOST_STREAMS)
    most = "The search was interrupted." if found is None else f"**{measured(found, 0)} at once are on time.**"
    words = (
        f"{run['case']}: {most} Each is a process of its own, with decoder, model and encoder as `framelift "
        f"stream` has them; packets come by the clock, for {run['seconds']:.0f} s. `time` is from when a frame's "
        "packet is due to when the frame is encoded again, of all frames that were not dropped; `frames on time` is of "
        f"the worst stream. One is late when more than {run['missed']:.0%} of its frames are dropped, made without "
        "the model for want of time, or longer on their way than the time between two frames, "
        f"{1000 / run['rate']:.1f} ms."
    )
    header = ("streams", "frames on time", "time, p50 ms", "p95", "p99", "cores busy", "memory of all, MB")
    lines = []
    for case, count in run["levels"].items():
        level = figures[case]
        times = [measured(percentile(level[STAY], share), 1) for share in SHARES] if STAY in level else [""] * 3
        load = [measured(level[CORES], 2), measured(level[MEMORY], 0)]
        lines.append([str(count), percent(level[ON_TIME]), *times, *load])
    return f"## Streams at once\n\n{words}\n\n{table(header, lines)}"
