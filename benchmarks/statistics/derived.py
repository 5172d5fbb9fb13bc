"""Figures that follow from measured ones, turn by turn, so that they have a spread of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from .bootstrap import Ratio, paired
from .measurement import Measurement


def each(measurement: Measurement, value: Callable[[float], float]) -> Measurement:
    """The same, of every value."""
    return replace(measurement, turns=tuple(tuple(map(value, turn)) for turn in measurement.turns))


def percentile(measurement: Measurement, share: float) -> Measurement:
    """Of each turn; `share` 0..1."""
    return replace(measurement, turns=tuple((float(np.quantile(turn, share)),) for turn in measurement.turns))


def mean(measurement: Measurement) -> Measurement:
    """Of each turn."""
    return replace(measurement, turns=tuple((float(np.mean(turn)),) for turn in measurement.turns))


def combined(parts: Sequence[Measurement], value: Callable[..., float]) -> Measurement:
    """Of the turns' medians of all parts, in the turns that all have; named like the first."""
    turns = zip(*(part.middles for part in parts), strict=False)  # whoever was interrupted has more of some
    return replace(parts[0], turns=tuple((value(*middles),) for middles in turns), exact=None)


def times_faster(measurement: Measurement, than: Measurement) -> Ratio:
    """By the turns that both have."""
    turns = min(len(measurement.turns), len(than.turns))
    return paired(replace(than, turns=than.turns[:turns]), replace(measurement, turns=measurement.turns[:turns]))
