"""Plots as pictures, by matplotlib. The same figure gives the same bytes; text in an SVG stays text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO, StringIO

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from .figures import Bars, Cloud, Distributions, Figure, Lines
from .plots import bars, cloud, distributions, lines
from .plots.writing import FONT

_PNG_DPI = 160
_SETTINGS = {
    "font.family": [FONT, "sans-serif"],
    "text.parse_math": False,  # a dollar in a file's name is a dollar
    "svg.fonttype": "none",
    "svg.hashsalt": "framelift",
}
_ID = re.compile(r'(?<=\bid=")|(?<=url\(#)|(?<=href="#)')


def svg(figure: Figure, slots: Mapping[str, int]) -> str:
    """One element, `<svg ...>`; its ids begin with the figure's name. `slots` has a colour for each series."""
    with _drawn(figure, slots) as drawing:
        file = StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        drawing.savefig(file, format="svg", metadata=nothing)
    text = file.getvalue()
    return _ID.sub(f"{figure.name}-", text[text.index("<svg") :])


def png(figure: Figure, slots: Mapping[str, int]) -> bytes:
    """A PNG file's bytes, on a white panel."""
    with _drawn(figure, slots) as drawing:
        file = BytesIO()
        drawing.savefig(file, format="png", dpi=_PNG_DPI, metadata={"Software": None})
    return file.getvalue()


@contextmanager
def _drawn(figure: Figure, slots: Mapping[str, int]) -> Iterator[Drawing]:
    """With our settings alone, whatever the user's matplotlibrc says."""
    with style.context(_SETTINGS, after_reset=True):
        yield _axes(figure, slots).figure.get_figure(root=True)


def _axes(figure: Figure, slots: Mapping[str, int]) -> Axes:
    match figure:
        case Lines():
            return lines.draw(figure, slots)
        case Cloud():
            return cloud.draw(figure, slots)
        case Bars():
            return bars.draw(figure, slots)
        case Distributions():
            return distributions.draw(figure, slots)
