"""Points in a plot: what the noise allows for them, and labels beside them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..figures import Point
from ..palette import INK, QUIET
from .canvas import write
from .keys import colour, series
from .labels import XY, Box, Label, around
from .writing import SMALL, lines_of, measure

Labels = dict[int, Label]
"""By the index of the point."""

_CHARACTERS = 28


def whiskers(axes: Axes, slot: int, points: Iterable[Point], part: object) -> None:
    """From `low` to `high`, where these are known."""
    if known := _noise(points):
        x, low, high = zip(*known, strict=True)
        drawn = axes.vlines(x, low, high, color=colour(slot), linewidth=1.3, alpha=0.6)
        drawn.set_gid(series(slot, f"{part}-noise"))


def shown(series: Mapping[str, Sequence[Point]]) -> dict[str, list[Point]]:
    """Those that have a place, in series that have any: a PSNR without error is infinite."""
    known = {name: [p for p in points if math.isfinite(p.x) and math.isfinite(p.y)] for name, points in series.items()}
    return {name: points for name, points in known.items() if points}


def bounds(points: Iterable[Point]) -> list[float]:
    """What the noise allows for y, where that is known."""
    return [bound for _, *both in _noise(points) for bound in both]


def with_room(
    make: Callable[[float], Axes], points: Sequence[Point], paths: Sequence[Sequence[Point]], height: float
) -> tuple[Axes, Labels]:
    """Axes made so high, or as much higher as the points' labels need, and where these go."""
    while (labels := _labels(axes := make(height), points, paths)) is None:
        height *= 1.3
    return axes, labels


def label(axes: Axes, points: Sequence[Point], slots: Sequence[int], labels: Labels) -> None:
    """Write the labels where `with_room` has found it."""
    for index, (each, slot) in enumerate(zip(points, slots, strict=True)):
        if index in labels:
            box, leader = labels[index].box, labels[index].leader
            text, name = "\n".join(_lines(each)), series(slot, f"label-{index}")
            write(axes, box.left, box.top - SMALL, text, size=SMALL, colour=INK.light, name=name)
            if leader:
                _lead(axes, leader, series(slot, f"leader-{index}"))


def _labels(axes: Axes, points: Sequence[Point], paths: Sequence[Sequence[Point]]) -> Labels | None:
    sizes = {index: measure(_lines(point), SMALL) for index, point in enumerate(points) if point.label}
    noise = [[Point(x, low), Point(x, high)] for x, low, high in _noise(points)]
    seen = axes.bbox
    area = Box(seen.x0 + 2, seen.y0 + 2, seen.x1, seen.y1)
    return around(_places(axes, points), sizes, area, [_places(axes, path) for path in (*paths, *noise)])


def _places(axes: Axes, points: Sequence[Point]) -> list[XY]:
    """In points; noise may reach beyond the axes, to where a logarithm has no place."""
    low, high = axes.bbox.y0, axes.bbox.y1
    places = (axes.transData.transform((point.x, point.y)) for point in points)
    return [(float(x), float(min(max(y, low), high))) for x, y in places]


def _lead(axes: Axes, leader: tuple[XY, XY], name: str) -> None:
    x, y = axes.figure.transFigure.inverted().transform(leader).T
    drawn = Line2D(x, y, color=QUIET.light, linewidth=0.6)
    drawn.set_gid(name)
    axes.figure.add_artist(drawn)


def _lines(point: Point) -> list[str]:
    return lines_of(point.label, _CHARACTERS)


def _noise(points: Iterable[Point]) -> list[tuple[float, float, float]]:
    """x, and y from and to, of points for which these are known."""
    known = ((p.x, p.low, p.high) for p in points if p.low is not None and p.high is not None)
    return [(x, low, high) for x, low, high in known if math.isfinite(low) and math.isfinite(high)]
