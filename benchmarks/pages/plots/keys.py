"""What colours stand for: marks with names, in rows above a plot or in a column beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..palette import INK, QUIET, SERIES
from .canvas import EDGE, WIDTH, write
from .column import apart
from .writing import LABEL, SMALL, height_of, lines_of, measure

Sign = Literal["line", "mark", "square"]

_MARKS = "osD^vP*X"
_DASHES = ("solid", "dashed", "dotted", "dashdot")
_MARK = 20.0  # the mark's width, with what is free after it
_BETWEEN = 6.0
_LONGEST = 28  # characters in a line


@dataclass(frozen=True)
class Key:
    """A name for a slot of the palette, in lines, and a note in smaller letters below it."""

    slot: int
    name: tuple[str, ...]
    note: str = ""

    @property
    def width(self) -> float:
        """With its mark."""
        return _MARK + max(measure(self.name, LABEL)[0], measure([self.note], SMALL)[0])

    @property
    def height(self) -> float:
        """Of all its lines."""
        return height_of(len(self.name), LABEL) + (height_of(1, SMALL) if self.note else 0) + _BETWEEN


def key_of(name: str, slots: Mapping[str, int], note: str = "") -> Key:
    """A long name takes several lines."""
    return Key(slots[name], tuple(lines_of(name, _LONGEST)), note)


def colour(slot: int) -> str:
    """Of a slot, as it is on a light page."""
    return SERIES[slot % len(SERIES)].light


def style(slot: int) -> dict[str, Any]:
    """A slot's mark and dashes: what is told apart without colours."""
    return {"color": colour(slot), "marker": mark(slot), "linestyle": _DASHES[slot // len(SERIES) % len(_DASHES)]}


def mark(slot: int) -> str:
    """The form of a slot's points: another one for the next slot of the same colour."""
    return _MARKS[(slot + slot // len(SERIES)) % len(_MARKS)]


def series(slot: int, part: object) -> str:
    """The id of a part of a plot that belongs to a slot; the page finds it by that."""
    return f"series-{slot}.{part}"


def room_beside(keys: Sequence[Key]) -> tuple[float, float]:
    """Width and height of a column."""
    return max((key.width for key in keys), default=0.0) + 2 * EDGE, sum(key.height for key in keys)


def beside(axes: Axes, keys: Sequence[Key], wanted: Sequence[float]) -> None:
    """A column to the right of the axes, each key as near to its wanted height above the lower edge as can be."""
    low, high = axes.bbox.y0, axes.bbox.y1
    heights = [key.height for key in keys]
    for key, middle, height in zip(keys, apart(wanted, heights, low, high), heights, strict=True):
        _write_key(axes, key, axes.bbox.x1 + EDGE, middle + height / 2 - _BETWEEN / 2 - LABEL, "line")


def rows_of(keys: Sequence[Key]) -> list[list[Key]]:
    """As many in a row as there is room for."""
    rows: list[list[Key]] = []
    taken = WIDTH
    for key in keys:
        width = key.width + 2 * _BETWEEN
        if taken + width > WIDTH - 2 * EDGE:
            rows.append([])
            taken = 0.0
        rows[-1].append(key)
        taken += width
    return rows


def room_above(rows: Sequence[Sequence[Key]]) -> float:
    """The height of rows."""
    return sum(max(key.height for key in row) for row in rows)


def above(axes: Axes, rows: Sequence[Sequence[Key]], top: float, sign: Sign) -> None:
    """Rows that begin at `top` and go down."""
    for row in rows:
        left = EDGE
        for key in row:
            _write_key(axes, key, left, top - LABEL, sign)
            left += key.width + 2 * _BETWEEN
        top -= max(key.height for key in row)


def _write_key(axes: Axes, key: Key, left: float, base: float, sign: Sign) -> None:
    _, whole = axes.figure.bbox.size
    across = [left / WIDTH, (left + _MARK / 2 - 3) / WIDTH, (left + _MARK - 6) / WIDTH]
    drawn = Line2D(across, [(base + LABEL * 0.36) / whole] * 3, markersize=5, markevery=[1], linewidth=1.8)
    drawn.set(**style(key.slot))
    if sign != "line":
        drawn.set_linestyle("none")
    if sign == "square":
        drawn.set(marker="s", markersize=9)
    drawn.set_gid(series(key.slot, "key"))
    axes.figure.add_artist(drawn)
    write(axes, left + _MARK, base, "\n".join(key.name), colour=INK.light, name=series(key.slot, "name"))
    if key.note:
        below = base - height_of(len(key.name), LABEL) + 1
        write(axes, left + _MARK, below, key.note, size=SMALL, colour=QUIET.light, name=series(key.slot, "note"))
