"""Cases run in turns: whatever the machine does meanwhile, it does to all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from .calibration import Calibration

T = TypeVar("T")


def interleaved(
    works: Mapping[str, Callable[[], T]],
    turns: int,
    each: Callable[[str, int, T], None] = lambda _case, _turn, _result: None,
    calibration: Calibration | None = None,
) -> dict[str, list[T]]:
    """Results by case, one a turn: every case once in each of `turns` turns.

    The first case of a turn is the second one of the turn before: none always runs when the machine has just rested.
    `each` gets case, turn (from 0) and result as soon as there is one; `calibration` takes a sample before each turn.
    """
    cases = list(works)
    results: dict[str, list[T]] = {case: [] for case in cases}
    for turn in range(turns):
        if calibration is not None:
            calibration.take()
        first = turn % len(cases) if cases else 0
        for case in cases[first:] + cases[:first]:
            results[case].append(works[case]())
            each(case, turn, results[case][-1])
    return results
