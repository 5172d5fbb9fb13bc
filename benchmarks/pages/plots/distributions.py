"""The share of frames up to a value, its tail stretched."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import NDArray

from ..figures import Distributions
from .canvas import canvas, say_nothing_measured
from .keys import beside, key_of, room_beside, series, style
from .ruler import grid, rule
from .writing import number

Values = NDArray[np.float64]

_HEIGHT = 230.0
_MARKED = (0.5, 0.95, 0.99)
_TICKS = (0.0, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999)
_STEPS = 200  # of a curve
_END = 1 - 1e-9  # where the stretched axis would never end


def draw(plot: Distributions, slots: Mapping[str, int]) -> Axes:
    """A share p lies as high as -log10(1 - p): from 90 to 99 % it is as far as from 99 to 99.9 %.

    So plots of latency show what is rare (G. Tene, HdrHistogram). p50, p95 and p99 are marked, and stand beside.
    """
    rows = {name: np.array(values) for name, values in plot.rows.items() if len(values)}
    keys = [key_of(name, slots, _percentiles(values)) for name, values in rows.items()]
    right, needed = room_beside(keys)
    axes = canvas(plot.title, plot.x, "frames that took so long or less", max(_HEIGHT, needed), right=right)
    rule(axes, "x", plot.x_axis, [float(end) for values in rows.values() for end in (values.min(), values.max())])
    _rule_shares(axes, max(map(_top, rows.values()), default=_MARKED[-1]))
    grid(axes, "x", "y")
    for name, values in rows.items():
        _curve(axes, values, slots[name])
    beside(axes, keys, [axes.bbox.y1 - index for index in range(len(keys))])
    if not rows:
        say_nothing_measured(axes)
    return axes


def _curve(axes: Axes, values: Values, slot: int) -> None:
    looks, marked = style(slot), [share for share in _MARKED if share <= _top(values)]
    mark = {"marker": looks.pop("marker"), "color": looks["color"], "linestyle": "none", "markersize": 4.5}
    shares = _share(np.linspace(0, _height(np.array(_top(values))), _STEPS))
    axes.plot(np.quantile(values, shares), shares, linewidth=1.6, **looks)[0].set_gid(series(slot, "line"))
    axes.plot(np.quantile(values, marked), marked, **mark)[0].set_gid(series(slot, "marks"))


def _rule_shares(axes: Axes, top: float) -> None:
    axes.set_yscale("function", functions=(_height, _share))
    axes.set_ylim(0, top)
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in _TICKS if tick <= top]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.6g} %"))


def _top(values: Values) -> float:
    """The share up to which so many values tell anything."""
    return 1 - 0.5 / len(values)


def _percentiles(values: Values) -> str:
    return "p50, p95, p99: " + ", ".join(number(float(value)) for value in np.quantile(values, _MARKED))


def _height(share: Values) -> Values:
    height: Values = -np.log10(1 - np.minimum(share, _END))
    return height


def _share(height: Values) -> Values:
    return 1 - np.power(10.0, -height)
