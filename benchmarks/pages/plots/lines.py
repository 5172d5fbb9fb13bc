"""Series of points, joined."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from ..figures import Lines
from .canvas import canvas, say_nothing_measured
from .keys import beside, key_of, room_beside, series, style
from .points import bounds, label, shown, whiskers, with_room
from .ruler import grid, rule

_HEIGHT = 230.0


def draw(plot: Lines, slots: Mapping[str, int]) -> Axes:
    """Names stand beside the right ends of their lines."""
    named = shown(plot.series)
    keys, points = [key_of(name, slots) for name in named], [p for each in named.values() for p in each]
    right, needed = room_beside(keys)

    def empty(height: float) -> Axes:
        axes = canvas(plot.title, plot.x, plot.y, height, right=right)
        rule(axes, "x", plot.x_axis, [p.x for p in points], at=True)
        rule(axes, "y", plot.y_axis, [p.y for p in points], [*bounds(points), *([0.0] if plot.zero else [])])
        grid(axes, "y")
        return axes

    axes, labels = with_room(empty, points, list(named.values()), max(_HEIGHT, needed))
    for name, each in named.items():
        slot = slots[name]
        whiskers(axes, slot, each, "points")
        drawn = axes.plot([p.x for p in each], [p.y for p in each], markersize=5, linewidth=1.8, **style(slot))
        drawn[0].set_gid(series(slot, "line"))
    label(axes, points, [slots[name] for name, each in named.items() for _ in each], labels)
    ends = [max(each, key=lambda point: point.x) for each in named.values()]
    beside(axes, keys, [float(axes.transData.transform((end.x, end.y))[1]) for end in ends])
    if not named:
        say_nothing_measured(axes)
    return axes
