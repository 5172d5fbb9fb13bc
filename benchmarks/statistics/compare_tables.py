"""A comparison as Markdown, and as plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..tables import table
from .bootstrap import Ratio
from .compare import BETWEEN_RUNS, CONFIDENCE, Comparison, Machine, Row, Verdict

_VERDICTS: tuple[Verdict, ...] = ("worse", "better", "same", "only in A", "only in B")
_UNKNOWN = 1000  # a bound so high tells nothing
_HEADER = ("case, metric", "A", "B", "B / A (noise allows)")


def document(comparison: Comparison, a: Mapping[str, Any], b: Mapping[str, Any]) -> str:
    """The whole of it: what stands against comparing, the verdict, then the rows by verdict."""
    lines = [f"A: {_origin(a)}", f"B: {_origin(b)}", *(f"**{note}**" for note in comparison.notes)]
    lines += [_machine(comparison.machine)] if comparison.machine else []
    lines += [_bounds(comparison)]
    parts = [f"# {a['kind']}: B against A", "\n".join(f"- {line}" for line in lines), _summary(comparison)]
    for verdict in _VERDICTS:
        rows = [row for row in comparison.rows if row.verdict == verdict]
        parts += [f"## {verdict[0].upper()}{verdict[1:]}\n\n{table(_HEADER, map(_line, rows))}"] if rows else []
    return "\n\n".join(parts) + "\n"


def to_json(comparison: Comparison) -> dict[str, Any]:
    """For `json.dumps`; None stands for what is not known, also for a bound."""
    return {
        "regressed": comparison.regressed,
        "confidence": CONFIDENCE,
        "row_confidence": comparison.confidence,
        "notes": list(comparison.notes),
        "machine": comparison.machine and asdict(comparison.machine),
        "rows": [_plain(row) for row in comparison.rows],
    }


def _plain(row: Row) -> dict[str, Any]:
    values = asdict(row)
    change = values.pop("change")
    kind = "ratio" if isinstance(row.change, Ratio) else "difference"
    bounds = change and {name: value if math.isfinite(value) else None for name, value in change.items()}
    return values | {"ratio": None, "difference": None} | {kind: bounds}


def _origin(report: Mapping[str, Any]) -> str:
    return f"`{report['command']}` on {report['date']}, commit {report['commit'] or 'unknown'}"


def _machine(machine: Machine) -> str:
    """In words."""

    def change(name: str, factor: float) -> str:
        percent = 100 * (factor - 1)
        word = "longer" if percent > 0 else "less"
        return f"{name} took {abs(percent):.1f} % {word}" if abs(percent) >= 0.05 else f"{name} took as long"

    words = f"The machine itself, by fixed work, in B: {change('arithmetic', machine.compute)}"
    same = f"times of {machine.least:.2f} to {machine.most:.2f} times A's count as the same"
    return f"{words}, {change('copying', machine.copy)}; so {same}"


def _bounds(comparison: Comparison) -> str:
    return (
        f"Brackets: what the noise allows, {comparison.confidence:.3%} for each row, so that {CONFIDENCE:.0%} holds "
        f"for all at once; runs of the same are taken to differ by {BETWEEN_RUNS:.0%} besides"
    )


def _summary(comparison: Comparison) -> str:
    counts = {verdict: sum(row.verdict == verdict for row in comparison.rows) for verdict in _VERDICTS}
    return f"**{', '.join(f'{count} {verdict}' for verdict, count in counts.items() if count) or 'nothing measured'}**"


def _line(row: Row) -> Sequence[str]:
    name = f"{row.case}, {row.metric}"
    return name, _value(row.a, row.unit), _value(row.b, row.unit), _change(row)


def _value(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:.4g} {unit}".rstrip()


def _change(row: Row) -> str:
    if row.change is None:
        return ""
    form = ".3f" if isinstance(row.change, Ratio) else "+.4g"
    if math.isinf(row.change.high) or (isinstance(row.change, Ratio) and row.change.high > _UNKNOWN):
        return f"{row.change.middle:{form}} (not known)"
    difference = "" if isinstance(row.change, Ratio) else "differs by "
    return f"{difference}{row.change.middle:{form}} ({row.change.low:{form}} to {row.change.high:{form}})"
