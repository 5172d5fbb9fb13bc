"""Horizontal bars, made of parts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from ..figures import Bars
from ..palette import INK, ON_SERIES, series_of
from .canvas import EDGE, canvas, say_nothing_measured
from .keys import above, colour, key_of, room_above, rows_of, series
from .ruler import grid, rule
from .writing import LABEL, SMALL, height_of, lines_of, measure, number

Span = tuple[float, float]

_CHARACTERS = 30
_BAR = 17.0
_GAP = 9.0
_BELOW_KEYS = 4.0
_LEAST = 60.0
_ALIKE = 1e-3  # totals that differ by less are of shares, whose sum needs no telling


def draw(plot: Bars, slots: Mapping[str, int]) -> Axes:
    """Parts have their value in them where there is room, bars their total at the end."""
    parts = series_of(plot)
    keys = rows_of([key_of(part, slots) for part in parts]) if len(parts) > 1 else []
    totals = [math.fsum(values.values()) for values in plot.rows.values()]
    spans = [_known(plot.spans.get(row)) for row in plot.rows]
    axes, middles = _rows(plot, room_above(keys))
    rule(axes, "x", "linear", [0.0, *totals], [span[1] for span in spans if span])
    grid(axes, "x")
    for index, (values, middle) in enumerate(zip(plot.rows.values(), middles, strict=True)):
        _bar(axes, index, middle, values, slots)
    if len(parts) == 1 or max(totals, default=0.0) - min(totals, default=0.0) > _ALIKE:
        _ends(axes, middles, totals, spans)
    above(axes, keys, axes.bbox.y1 + _BELOW_KEYS + room_above(keys), "square")
    if not plot.rows:
        say_nothing_measured(axes)
    return axes


def _rows(plot: Bars, room: float) -> tuple[Axes, list[float]]:
    """Axes with the rows' names at their left, and the middle of each row, in points below the first one's top."""
    names = [lines_of(row, _CHARACTERS) for row in plot.rows]
    steps = [max(_BAR, height_of(len(lines), LABEL)) + _GAP for lines in names]
    left = EDGE + 6 + max((measure(lines, LABEL)[0] for lines in names), default=0.0)
    axes = canvas(plot.title, plot.x, "", max(_LEAST, sum(steps) + _GAP), left, right=50, above=room)
    axes.set_ylim(-sum(steps) - _GAP / 2, _GAP / 2)
    middles = [-sum(steps[:index]) - step / 2 for index, step in enumerate(steps)]
    axes.set_yticks(middles, ["\n".join(lines) for lines in names], size=LABEL, color=INK.light)
    axes.tick_params("y", length=0)
    return axes, middles


def _bar(axes: Axes, index: int, middle: float, values: Mapping[str, float], slots: Mapping[str, int]) -> None:
    low, high = axes.get_xlim()
    begin, text_of = 0.0, number if len(values) > 1 else lambda _: ""
    for part, value in values.items():
        slot, text = slots[part], text_of(value)
        drawn = axes.barh(middle, value, _BAR, left=begin, color=colour(slot), edgecolor="none")
        drawn[0].set_gid(series(slot, f"bar-{index}"))
        if text and measure([text], SMALL)[0] + 6 < value / (high - low) * axes.bbox.width:
            inside = ON_SERIES[slot % len(ON_SERIES)].light
            at = begin + value / 2
            written = axes.text(at, middle, text, size=SMALL, color=inside, ha="center", va="center_baseline")
            written.set_gid(series(slot, f"value-{index}"))
        begin += value


def _ends(axes: Axes, middles: Sequence[float], totals: Sequence[float], spans: Sequence[Span | None]) -> None:
    """What the noise allows, and the totals."""
    for middle, total, span in zip(middles, totals, spans, strict=True):
        end = total
        if span:
            axes.hlines(middle, *span, color=INK.light, linewidth=1.3)
            end = max(total, span[1])
        beside = axes.transData + ScaledTranslation(5 / 72, 0, axes.figure.dpi_scale_trans)
        axes.text(end, middle, number(total), size=SMALL, color=INK.light, va="center_baseline", transform=beside)


def _known(span: Span | None) -> Span | None:
    return span if span and all(map(math.isfinite, span)) else None
