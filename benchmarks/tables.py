"""Parts of Markdown documents."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .statistics import calibration
from .statistics.bootstrap import Ratio, interval
from .statistics.compare import BETWEEN_RUNS
from .statistics.measurement import Measurement
from .statistics.overhead import LARGEST_SHARE

_SPREAD = (
    "In brackets: between what the median lies at 95 %, by how the turns of this run differ. Another run of the same "
    f"may differ by some {BETWEEN_RUNS:.0%} more"
)


def head(title: str, report: Mapping[str, Any], facts: Sequence[str]) -> str:
    """What any report begins with: how it was made, on what, and the facts of its kind."""
    machine, versions = report["machine"], report["versions"]
    software = ", ".join(f"{name} {version}" for name, version in versions.items())
    place = f"{machine['cpu']}, {machine['cores']} cores, {machine['memory'] / 2**30:.1f} GiB, {machine['system']}"
    lines = [f"Machine: {place}; load before the run {machine['load']:.1f}", f"Software: {software}", *facts]
    lines += [calibration.in_words(report["calibration"]), _clock(report["clock"]), *_overhead(report["overhead"])]
    interrupted = "" if report["complete"] else "**Interrupted: this is what was measured until then.**\n\n"
    return (
        f"# {title}\n\nMade by `{report['command']}` on {report['date']}, commit {report['commit'] or 'unknown'}.\n\n"
        + interrupted
        + "\n".join(f"- {line}" for line in [*lines, _SPREAD])
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool = True) -> str:
    """A Markdown table; the columns from the second hold `numbers`, flush right, or text."""
    lines = [header, ["---", *["---:" if numbers else "---"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    """Names of files may hold anything: a bar would end the cell, a line break the table."""
    return " ".join(text.split()).replace("|", "\\|")


def measured(measurement: Measurement, digits: int) -> str:
    """The median (from and to what the noise allows it to be): `12.3 (12.1 to 12.6)`.

    What is the same in each run stands alone: `31.25`.
    """
    middle = f"{measurement.median:.{digits}f}"
    if measurement.exact is not None:
        return middle
    low, high = interval(measurement.turns)
    return f"{middle} (one value)" if math.isinf(high) else f"{middle} ({low:.{digits}f} to {high:.{digits}f})"


def ratio(value: Ratio, digits: int = 2) -> str:
    """Likewise."""
    middle = f"{value.middle:.{digits}f}"
    known = math.isfinite(value.high)
    return f"{middle} ({value.low:.{digits}f} to {value.high:.{digits}f})" if known else f"{middle} (one value)"


def size(sides: Sequence[int]) -> str:
    """Of width and height."""
    return f"{sides[0]}x{sides[1]}"


def _clock(facts: Mapping[str, Any]) -> str:
    return f"Clock: {facts['name']}, in steps of {facts['step_ns']} ns, {facts['reading_ns']} ns a reading"


def _overhead(overhead: Mapping[str, float] | None) -> list[str]:
    if overhead is None:
        return []
    much = f"; **above {LARGEST_SHARE:.0%}**: short times are shown too long"
    cost = f"{overhead['ms'] * 1000:.1f} us a frame, {overhead['share']:.2%} of the fastest case"
    return [f"The harness's own cost: {cost}{much if overhead['share'] > LARGEST_SHARE else ''}"]
