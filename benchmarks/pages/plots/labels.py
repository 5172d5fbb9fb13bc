"""Where points' labels go so that none covers another. Pure geometry; y points up, as in matplotlib."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np

XY = tuple[float, float]
"""Of a place, or width and height."""

_MARK = 4.0  # half a point's width
_LINE = 2.0  # likewise, with what should be free on both sides
_NEAREST = 7.0  # from a point's middle to its label
_FAR = 14.0  # from there on, a leader shows whose label it is
_STEP = 3.0
_CHOICE = 120  # free places that are looked at
_CROSSING = 60.0  # so much longer may a leader be to cross nothing
_DIRECTIONS = tuple(math.radians(degrees) for degrees in (0, 180, 90, 270, 45, 135, 315, 225, 20, 160, 340, 200))


@dataclass(frozen=True)
class Box:
    """A rectangle."""

    left: float
    bottom: float
    right: float
    top: float

    def nearest(self, x: float, y: float) -> XY:
        """What of it is nearest to a place."""
        return min(max(x, self.left), self.right), min(max(y, self.bottom), self.top)


@dataclass(frozen=True)
class Label:
    """Where one goes; `leader` is the line from its point, if that is far."""

    box: Box
    leader: tuple[XY, XY] | None


def around(
    points: Sequence[XY], sizes: Mapping[int, XY], area: Box, paths: Iterable[Sequence[XY]] = ()
) -> dict[int, Label] | None:
    """A label near its point and inside `area`, that covers no other one, no point and no path.

    `sizes` has width and height by the point's index. In turn, each takes the best of the free places on growing rings
    around its point: near, with a leader that crosses no label and no point; None where one has no place left.
    """
    marks = _squares(points, _MARK)
    drawn = _Cover([*marks, *(box for path in paths for box in _squares(_along(path), _LINE))])
    taken: dict[int, Label] = {}
    for index, size in sizes.items():
        texts, others = [label.box for label in taken.values()], [*marks[:index], *marks[index + 1 :]]
        leaders = _Cover(box for label in taken.values() for box in _squares(_along(label.leader or ()), _LINE))
        used, crossed = _Cover(texts), _Cover([*texts, *others])
        places = _labels(points[index], size, area)
        free = list(islice((p for p in places if not (drawn.meets(p.box) or used.meets(p.box))), _CHOICE))
        if not free:
            return None
        taken[index] = min(free, key=lambda each: _cost(each, crossed, leaders))
    return taken


def _cost(label: Label, crossed: _Cover, leaders: _Cover) -> float:
    """In points of a leader's length."""
    length = math.dist(*label.leader) if label.leader else 0.0
    crosses = any(crossed.meets(box) for box in _squares(_along(label.leader or ()), _LINE))
    return length + _CROSSING * (crosses + leaders.meets(label.box))


class _Cover:
    """Many boxes, asked at once."""

    def __init__(self, boxes: Iterable[Box]) -> None:
        sides = [(box.left, box.bottom, box.right, box.top) for box in boxes]
        self._left, self._bottom, self._right, self._top = np.array(sides).reshape(-1, 4).T

    def meets(self, box: Box) -> bool:
        """Whether any of them has any area in common with it."""
        across = (self._left < box.right) & (box.left < self._right)
        return bool(np.any(across & (self._bottom < box.top) & (box.bottom < self._top)))


def _labels(point: XY, size: XY, area: Box) -> Iterator[Label]:
    """On rings, the nearest first; what would leave `area` is moved back into it."""
    (x, y), (width, height) = point, size
    radius, most = _NEAREST, math.hypot(area.right - area.left, area.top - area.bottom)
    while radius < most:
        for angle in _DIRECTIONS:
            left = x + math.cos(angle) * (radius + width / 2) - width / 2
            bottom = y + math.sin(angle) * (radius + height / 2) - height / 2
            left = max(area.left, min(left, area.right - width))
            bottom = max(area.bottom, min(bottom, area.top - height))
            box = Box(left, bottom, left + width, bottom + height)
            near = box.nearest(x, y)
            yield Label(box, (point, near) if math.dist(point, near) > _FAR else None)
        radius += _STEP


def _squares(places: Iterable[XY], radius: float) -> list[Box]:
    return [Box(x - radius, y - radius, x + radius, y + radius) for x, y in places]


def _along(path: Sequence[XY]) -> Iterator[XY]:
    """Places on a line through these, so near to each other that no label fits between."""
    for (x, y), (to_x, to_y) in pairwise(path):
        count = math.ceil(math.dist((x, y), (to_x, to_y)) / _LINE)
        for index in range(count + 1):
            share = index / max(count, 1)
            yield x + (to_x - x) * share, y + (to_y - y) * share
