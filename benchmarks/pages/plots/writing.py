"""Text in plots: its sizes and what it measures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from textwrap import wrap

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

TITLE, LABEL, SMALL = 12.5, 9.5, 8.5
"""Font sizes, in points."""

FONT = "DejaVu Sans"
"""It comes with matplotlib; a page shows its own, most of which are narrower."""

_LEADING = 1.25
_MINUS = "\N{MINUS SIGN}"


def lines_of(text: str, characters: int) -> list[str]:
    """So many characters a line at most; what cannot be printed stands as its escape."""
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return wrap(plain, characters) or [""]


def measure(lines: Sequence[str], size: float, *, bold: bool = False) -> tuple[float, float]:
    """Width and height, in points."""
    font = FontProperties(family=FONT, size=size, weight="bold" if bold else "normal")
    renderer = RendererAgg(1, 1, 72)
    widths = (renderer.get_text_width_height_descent(line, font, ismath=False)[0] for line in lines)
    return max(widths, default=0.0), height_of(len(lines), size)


def height_of(lines: int, size: float) -> float:
    """Of so many lines, in points."""
    return lines * size * _LEADING


def number(value: float) -> str:
    """Three digits that count, or all before the point."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}".replace("-", _MINUS)


def exactly(value: float) -> str:
    """Without needless digits, with commas between thousands and a minus sign."""
    return f"{value:,.10g}".replace("-", _MINUS)
