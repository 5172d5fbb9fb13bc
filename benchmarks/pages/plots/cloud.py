"""Labelled points, by group."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from ..figures import Cloud
from ..palette import QUIET
from .canvas import canvas, say_nothing_measured
from .front import front
from .keys import above, colour, key_of, mark, room_above, rows_of, series
from .points import bounds, label, shown, whiskers, with_room
from .ruler import grid, rule

_HEIGHT = 330.0
_BELOW_KEYS = 20.0  # from them to the axes, with the name of y in between


def draw(plot: Cloud, slots: Mapping[str, int]) -> Axes:
    """The groups' names stand above, each point's label beside it."""
    named = shown(plot.groups)
    keys, points = rows_of([key_of(name, slots) for name in named]), [p for each in named.values() for p in each]

    def empty(height: float) -> Axes:
        axes = canvas(plot.title, plot.x, plot.y, height, above=room_above(keys))
        rule(axes, "x", plot.x_axis, [p.x for p in points])
        rule(axes, "y", plot.y_axis, [p.y for p in points], bounds(points))
        grid(axes, "x", "y")
        return axes

    best = front(points) if plot.front else []
    axes, labels = with_room(empty, points, [best], _HEIGHT)
    axes.plot([p.x for p in best], [p.y for p in best], color=QUIET.light, linewidth=1.2, zorder=1)[0].set_gid("front")
    for name, each in named.items():
        slot = slots[name]
        whiskers(axes, slot, each, "points")
        drawn = axes.plot([p.x for p in each], [p.y for p in each], mark(slot), color=colour(slot), markersize=6.5)
        drawn[0].set_gid(series(slot, "points"))
    label(axes, points, [slots[name] for name, each in named.items() for _ in each], labels)
    above(axes, keys, axes.bbox.y1 + _BELOW_KEYS + room_above(keys), "mark")
    if not named:
        say_nothing_measured(axes)
    return axes
