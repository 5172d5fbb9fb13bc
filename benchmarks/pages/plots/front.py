"""What nothing else beats."""

from __future__ import annotations

from collections.abc import Iterable

from ..figures import Point


def front(points: Iterable[Point]) -> list[Point]:
    """Those that no other point beats, that is lies left of or above, without lying right or below; by rising x."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda p: (p.x, -p.y)):
        if not kept or point.y > kept[-1].y or (point.x, point.y) == (kept[-1].x, kept[-1].y):
            kept.append(point)
    return kept
