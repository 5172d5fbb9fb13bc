"""Two reports of one kind: what is better, what is worse, and what the noise does not let one say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

from ...engine.errors import InputError
from . import student
from .bootstrap import Ratio, Uncertainty, pooled, ratio, uncertainty
from .calibration import is_noisy, usual
from .measurement import Better, Measurement, measurements_of
from .whole import whole

CONFIDENCE = 0.96
"""That nothing at all is called better or worse where nothing has changed: of a hundred such comparisons of whole
reports, at most two say worse and two better."""

BETWEEN_RUNS = 0.01
"""The relative standard deviation of a median from run to run, besides what the turns within a run show: memory lies
elsewhere, other neighbours are there, the machine is warmer. Of twelve cases of `bench cpu`, each run ten times on two
cores of a shared server, it was 0.5 to 1.3 % (the median 0.7 %) wherever the turns themselves were steady."""

Verdict = Literal["better", "worse", "same", "only in A", "only in B"]

_TIMED = ("ms", "s", "fps", "cores", "streams", "J", "MP/s", "GOP/s", "GB/s", "of peak")
"""Units of what a slower machine makes worse."""


@dataclass(frozen=True)
class Difference:
    """Of medians, B less A, and between what the noise allows the true one; where there is no ratio."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """One metric of one case."""

    case: str
    metric: str
    unit: str
    better: Better
    a: float | None  # medians
    b: float | None
    change: Ratio | Difference | None  # a ratio is B over A
    verdict: Verdict


@dataclass(frozen=True)
class Machine:
    """How much longer the fixed work of the calibration took in B than in A: 1.02 for 2 % longer."""

    compute: float
    copy: float
    least: float  # what the machine alone may have made of a time: between arithmetic only, memory only and neither,
    most: float  # and on a noisy machine, between its good moments and its bad ones


@dataclass(frozen=True)
class Comparison:
    """Of reports A and B."""

    notes: tuple[str, ...]  # why they may not be comparable, in words
    machine: Machine | None  # None: one has no calibration
    rows: tuple[Row, ...]  # in A's order, then what only B has
    confidence: float  # of each row's bounds, so that CONFIDENCE holds for all of them at once

    @property
    def regressed(self) -> bool:
        """Whether anything is worse beyond the noise."""
        return any(row.verdict == "worse" for row in self.rows)


def compared(a: Mapping[str, Any], b: Mapping[str, Any]) -> Comparison:
    """Report B against A. Raises InputError for reports of different kinds, and where they share no measurement.

    Many rows at once: at 95 % each, five of a hundred would seem to have changed. So each row's bounds are as wide as
    makes all of them hold at once with probability CONFIDENCE (Bonferroni; it asks nothing of how rows hang together).
    What the calibration says of the machine is no news of the software: a time is worse only beyond what the machine's
    own slowness explains, and better only beyond what its own speed does. On a noisy machine that is much: it can tell
    great differences only.
    """
    if a["kind"] != b["kind"]:
        raise InputError(f"report A is of {a['kind']!r}, B of {b['kind']!r}", "compare two of one kind")
    a, b = whole(a), whole(b)
    ours, theirs = _by_name(a), _by_name(b)
    both = [(ours[name], theirs[name]) for name in ours if name in theirs]
    if not both:
        raise InputError("A and B have no measurement in common", "measure the same models, sizes and threads in both")
    confidence = 1 - (1 - CONFIDENCE) / max(1, sum(not _exact(*pair) for pair in both))
    machine = _machine(a["calibration"], b["calibration"])
    judged = {_name(pair[0]): _judged(*pair, confidence, machine) for pair in both}
    rows = [judged.get(name) or _alone(m, "only in A") for name, m in ours.items()]
    rows += [_alone(m, "only in B") for name, m in theirs.items() if name not in ours]
    return Comparison(_notes(a, b), machine, tuple(rows), confidence)


def _judged(a: Measurement, b: Measurement, confidence: float, machine: Machine | None) -> Row:
    change = _change(a, b, confidence)
    least, most = (machine.least, machine.most) if machine and a.unit in _TIMED else (1.0, 1.0)
    if isinstance(change, Difference):
        least, most = 0.0, 0.0
    elif a.better == "higher":  # frames per second, not seconds per frame
        least, most = 1 / most, 1 / least
    moved: Verdict = "same"
    if change.low > most:
        moved = "worse" if a.better == "lower" else "better"
    elif change.high < least:
        moved = "better" if a.better == "lower" else "worse"
    return Row(a.case, a.metric, a.unit, a.better, a.median, b.median, change, moved)


def _change(a: Measurement, b: Measurement, confidence: float) -> Ratio | Difference:
    middle = b.median - a.median
    if _exact(a, b):
        limit = max(m.exact for m in (a, b) if m.exact is not None)
        return Difference(middle, middle - limit, middle + limit)
    if a.median > 0 and b.median > 0:
        return ratio(a, b, confidence, BETWEEN_RUNS)
    floors = [Uncertainty(BETWEEN_RUNS * abs(m.median), student.LARGEST) for m in (a, b)]
    known = pooled(uncertainty(a.turns), uncertainty(b.turns), *floors)
    reach = student.reach(confidence, known.freedom) * known.error
    return Difference(middle, middle - reach, middle + reach)


def _exact(a: Measurement, b: Measurement) -> bool:
    return a.exact is not None or b.exact is not None


def _alone(measurement: Measurement, verdict: Verdict) -> Row:
    m, in_a = measurement, verdict == "only in A"
    return Row(
        m.case, m.metric, m.unit, m.better, m.median if in_a else None, None if in_a else m.median, None, verdict
    )


def _name(measurement: Measurement) -> tuple[str, str, str]:
    """In another unit it is another thing."""
    return measurement.case, measurement.metric, measurement.unit


def _by_name(report: Mapping[str, Any]) -> dict[tuple[str, str, str], Measurement]:
    return {_name(measurement): measurement for measurement in measurements_of(report)}


def _machine(a: Mapping[str, Sequence[float]] | None, b: Mapping[str, Sequence[float]] | None) -> Machine | None:
    if a is None or b is None:
        return None
    compute, copy = (median(b[name]) / median(a[name]) for name in ("compute", "copy"))
    factors = [1.0, compute, copy]
    if is_noisy(a) or is_noisy(b):
        for name in ("compute", "copy"):
            (good_a, bad_a), (good_b, bad_b) = usual(a[name]), usual(b[name])
            factors += [good_b / bad_a, bad_b / good_a]
    return Machine(compute, copy, min(factors), max(factors))


def _notes(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[str, ...]:
    notes = [f"{name} was interrupted: it holds a part only" for name, r in (("A", a), ("B", b)) if not r["complete"]]
    for what in ("machine", "settings", "versions", "models"):
        notes += _differences(what, a[what], b[what])
    for name, report in (("A", a), ("B", b)):
        if report["calibration"] is None:
            notes.append(f"{name} has no calibration: how fast and steady its machine was is not known")
        elif is_noisy(report["calibration"]):
            notes.append(f"{name}'s machine was noisy")
    return tuple(notes)


_ALWAYS_OTHER = ("load",)


def _differences(what: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """One sentence, or none."""
    names = [name for name in {**a, **b} if a.get(name) != b.get(name) and name not in _ALWAYS_OTHER]
    if what == "models":  # reports may be of other models; one name with two files is what misleads
        names = [name for name in names if name in a and name in b]
        return [f"different models of the same name: {', '.join(names)}"] if names else []
    each = [f"{name} {_shown(a.get(name))} in A, {_shown(b.get(name))} in B" for name in names]
    return [f"different {what}: {'; '.join(each)}"] if each else []


def _shown(value: object) -> str:
    return "none" if value is None else str(value)
