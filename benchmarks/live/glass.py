"""Glass to glass: what was sent joined with what was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple

import numpy as np

from .failures import NothingSeen

WARM_UP = 2.0
"""Seconds from the first picture on that are not counted: models are opened, rates settle."""


class Seen(NamedTuple):
    """A frame that came: the number drawn in it, and the time in seconds of `time.perf_counter`."""

    number: int | None
    at: float


@dataclass(frozen=True)
class Percentiles:
    """Of latencies in milliseconds."""

    p50: float
    p95: float
    p99: float
    max: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Percentiles:
        """Of at least one value."""
        return cls(*(round(float(np.percentile(values, share)), 2) for share in (50, 95, 99, 100)))


@dataclass(frozen=True)
class Glass:
    """A viewer's stream, from the end of the warm-up to the last frame seen."""

    latencies: tuple[float, ...]  # ms from a frame's making to its picture at the viewer, in the order of arrival
    ms: Percentiles  # of these
    early_ms: float  # the median of the first third of this time
    late_ms: float  # and of the last: more, where latency builds up
    frames: int  # sent in this time
    lost: int  # of these, never seen
    doubled: int  # seen again
    out_of_order: int  # seen after a later one
    unread: int  # pictures whose number could not be read
    fps: float  # pictures that came
    longest_gap_ms: float  # between two pictures


def glass_of(made: Mapping[int, float], seen: Sequence[Seen], warm_up: float = WARM_UP) -> Glass:
    """`made` has the time each number was made. Raises NothingSeen."""
    counted = [each for each in seen if each.at >= seen[0].at + warm_up]
    numbered = [(each.number, each.at) for each in counted if each.number is not None and each.number in made]
    if len(numbered) < 2:
        raise NothingSeen(f"of {len(seen)} pictures, {len(numbered)} with a number came after {warm_up:g} seconds")
    numbers = [number for number, _ in numbered]
    first = dict(reversed(numbered))  # by number, when it came first
    sent = [number for number in made if numbers[0] <= number <= max(numbers)]
    latencies = [1000 * (at - made[number]) for number, at in sorted(first.items(), key=lambda item: item[1])]
    third = max(1, len(latencies) // 3)
    return Glass(
        latencies=tuple(latencies),
        ms=Percentiles.of(latencies),
        early_ms=round(median(latencies[:third]), 2),
        late_ms=round(median(latencies[-third:]), 2),
        frames=len(sent),
        lost=len(set(sent) - set(numbers)),
        doubled=len(numbers) - len(first),
        out_of_order=sum(after < before for before, after in pairwise(numbers)),
        unread=sum(each.number is None for each in counted),
        fps=round((len(counted) - 1) / (counted[-1].at - counted[0].at), 2),
        longest_gap_ms=round(1000 * max(after.at - before.at for before, after in pairwise(counted)), 1),
    )
