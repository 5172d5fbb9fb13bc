"""Colours of plots and pages, for light and dark backgrounds, and which series has which.

The series' colours stay apart for people who see no red, green or blue (by the simulation of Machado, Oliveira and
Fernandes, IEEE TVCG 2009), and from their background (WCAG 2.2, 1.4.11); a test holds them to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .figures import Bars, Cloud, Distributions, Figure, Lines


@dataclass(frozen=True)
class Colour:
    """Of one thing, by the page it is on; no two things have the same `light`, by which `themed` finds them."""

    light: str
    dark: str


PANEL = Colour("#ffffff", "#161b22")
INK = Colour("#1f2328", "#e6edf3")
QUIET = Colour("#59636e", "#9aa4b0")
GRID = Colour("#e3e7eb", "#2d343d")

SERIES = (
    Colour("#3657c6", "#559ce3"),
    Colour("#bb3f11", "#ff8033"),
    Colour("#008570", "#00cd91"),
    Colour("#773b86", "#d8b7e8"),
    Colour("#b58728", "#e8e560"),
    Colour("#e55fbb", "#d64566"),
    Colour("#002047", "#cdf6ff"),
    Colour("#700907", "#7f64ff"),
)
ON_SERIES = (  # text on them
    Colour("#fffff0", "#0d1110"),
    Colour("#fffff1", "#0d1111"),
    Colour("#fffff2", "#0d1112"),
    Colour("#fffff3", "#0d1113"),
    Colour("#0d1114", "#0d1114"),
    Colour("#0d1115", "#0d1115"),
    Colour("#fffff6", "#0d1116"),
    Colour("#fffff7", "#0d1117"),
)

_ROLES: Mapping[str, Colour] = {
    "panel": PANEL,
    "ink": INK,
    "quiet": QUIET,
    "grid": GRID,
    **{f"series-{slot}": colour for slot, colour in enumerate(SERIES)},
    **{f"on-series-{slot}": colour for slot, colour in enumerate(ON_SERIES)},
}


def themed(svg: str) -> str:
    """A plot whose colours are the page's: each by its custom property, as `properties` defines it."""
    for role, colour in _ROLES.items():
        svg = svg.replace(f": {colour.light}", f": var(--{role})")
    return svg


def properties(*, dark: bool) -> str:
    """CSS for all colours."""
    return " ".join(f"--{role}: {colour.dark if dark else colour.light};" for role, colour in _ROLES.items())


def slots(figures: Iterable[Figure]) -> dict[str, int]:
    """A number for each series: the same in all figures, and another for any that stands in a figure with it.

    From `len(SERIES)` on, colours come again, with other dashes and marks.
    """
    beside: dict[str, set[str]] = {}
    for figure in figures:
        names = series_of(figure)
        for name in names:
            beside.setdefault(name, set()).update(names)
    taken: dict[str, int] = {}
    for name, others in beside.items():
        theirs = {taken[other] for other in others if other in taken}
        taken[name] = next(slot for slot in range(len(beside)) if slot not in theirs)
    return taken


def series_of(figure: Figure) -> Sequence[str]:
    """What has a colour of its own in it."""
    match figure:
        case Lines():
            return list(figure.series)
        case Cloud():
            return list(figure.groups)
        case Bars():
            return list(dict.fromkeys(part for parts in figure.rows.values() for part in parts))
        case Distributions():
            return list(figure.rows)
