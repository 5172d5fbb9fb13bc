"""An empty plot: its title, its axes and their names."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..palette import INK, PANEL, QUIET
from .writing import LABEL, SMALL, TITLE, height_of, lines_of

WIDTH = 562.0
EDGE = 12.0
BELOW = 44.0
"""Room for ticks and the name of x."""


def canvas(title: str, x: str, y: str, height: float, left: float = 52, right: float = EDGE, above: float = 0) -> Axes:
    """Axes so high, with so much room to the left and right of them, and above them below the title."""
    heading, y_name = lines_of(title, 62), height_of(1, LABEL) + 6 if y else 0
    whole = BELOW + height + y_name + above + 12 + height_of(len(heading), TITLE) + EDGE
    figure = Figure(figsize=(WIDTH / 72, whole / 72), dpi=72, facecolor=PANEL.light)
    box = (left / WIDTH, BELOW / whole, (WIDTH - left - right) / WIDTH, height / whole)
    axes = figure.add_axes(box, facecolor=PANEL.light)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(QUIET.light)
    axes.tick_params(color=QUIET.light, labelcolor=QUIET.light, labelsize=SMALL, length=3)
    axes.set_axisbelow(True)
    axes.set_xlabel("\n".join(lines_of(x, 80)), color=QUIET.light, size=LABEL, labelpad=7)
    write(axes, EDGE, whole - EDGE - TITLE, "\n".join(heading), size=TITLE, colour=INK.light, bold=True)
    write(axes, EDGE, BELOW + height + 9, " ".join(lines_of(y, 80)), colour=QUIET.light)
    return axes


def write(
    axes: Axes, x: float, y: float, text: str, *, size: float = LABEL, colour: str, bold: bool = False, name: str = ""
) -> None:
    """Left-aligned on the whole plot; `y` is its first line's baseline."""
    figure = axes.figure
    _, whole = figure.bbox.size
    made = figure.text(x / WIDTH, y / whole, text, size=size, color=colour, weight="bold" if bold else "normal")
    below = text.count("\n")
    made.set_y((y - height_of(below, size)) / whole)
    made.set_linespacing(height_of(1, size) / size)
    if name:
        made.set_gid(name)


def say_nothing_measured(axes: Axes) -> None:
    """Instead of points."""
    axes.set(xticks=[], yticks=[])
    axes.text(0.5, 0.5, "nothing was measured", transform=axes.transAxes, ha="center", size=LABEL, color=QUIET.light)
