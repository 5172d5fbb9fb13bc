"""Limits, ticks and grid of an axis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, Locator, LogLocator, MaxNLocator, NullLocator

from ..figures import Axis
from ..palette import GRID
from .writing import SMALL, exactly, measure

Which = Literal["x", "y"]

_ROOM = 0.06
"""Left free at both ends, as a share of the axis."""
_NEAR_ZERO = 0.5
"""An axis begins at 0 where the least value is below this share of the largest."""
_BETWEEN = 8.0
"""At least, from one tick's number to the next one, in points."""


def rule(
    axes: Axes, which: Which, kind: Axis, values: Sequence[float], bounds: Iterable[float] = (), *, at: bool = False
) -> None:
    """Scale, limits and ticks for what is drawn at `values`, with `bounds` that should be seen too.

    Logarithmic only where all values are above 0. `at` puts the ticks at the values, where there is room for that.
    """
    kind = kind if all(value > 0 for value in values) else "linear"
    known = sorted(value for value in {*values, *bounds} if kind == "linear" or value > 0) or [1.0]
    low, high = _logarithmic(known) if kind == "log" else _linear(known)
    set_scale, set_limits = (axes.set_xscale, axes.set_xlim) if which == "x" else (axes.set_yscale, axes.set_ylim)
    set_scale(kind)
    set_limits(low, high)
    ruler = axes.xaxis if which == "x" else axes.yaxis
    wanted = sorted(set(values)) if at else []
    ruler.set_major_locator(FixedLocator(wanted) if at and _has_room(axes, wanted) else _locator(kind, low, high))
    ruler.set_minor_locator(NullLocator())
    ruler.set_major_formatter(FuncFormatter(lambda value, _: exactly(value)))


def grid(axes: Axes, *which: Which) -> None:
    """Faint lines at the ticks of these axes."""
    for each in which:
        axes.grid(visible=True, axis=each, color=GRID.light, linewidth=0.8)


def _logarithmic(known: Sequence[float]) -> tuple[float, float]:
    room = (known[-1] / known[0]) ** _ROOM if known[-1] > known[0] else 1.5
    return known[0] / room, known[-1] * room


def _linear(known: Sequence[float]) -> tuple[float, float]:
    low, high = known[0], known[-1]
    begins = 0 <= low < high * _NEAR_ZERO or low == high == 0
    room = _ROOM * (high - (0.0 if begins else low)) or abs(high) * _ROOM or 1.0
    return 0.0 if begins else low - room, high + room


def _locator(kind: Axis, low: float, high: float) -> Locator:
    if kind == "log" and high / low > 5:
        return LogLocator(subs=(1.0, 2.0, 5.0) if high / low < 1000 else (1.0,), numticks=12)
    return MaxNLocator(6, steps=[1, 2, 2.5, 5, 10])


def _has_room(axes: Axes, values: Sequence[float]) -> bool:
    """Whether numbers can stand below an x axis at all these values."""
    places = [float(axes.transData.transform((value, 1))[0]) for value in values]
    widths = [measure([exactly(value)], SMALL)[0] for value in values]
    ends = [(place - width / 2, place + width / 2) for place, width in zip(places, widths, strict=True)]
    return len(ends) > 1 and all(here + _BETWEEN < there for (_, here), (there, _) in pairwise(ends))
