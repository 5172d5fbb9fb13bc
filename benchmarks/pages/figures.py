"""Plots as data: what a report wants to show; `draw.py` draws it. Each says in its caption what is to be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Axis = Literal["linear", "log"]


@dataclass(frozen=True)
class Point:
    """Of a line or a cloud; `low` and `high` are what the noise allows for y."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    label: str = ""  # written beside it


@dataclass(frozen=True)
class Lines:
    """Series of points, joined in the order given: scaling, rate-distortion."""

    name: str  # unique in its report; the plot's file is called so: letters, digits, hyphens
    title: str
    caption: str
    x: str  # with its unit
    y: str
    series: Mapping[str, Sequence[Point]]
    x_axis: Axis = "linear"
    y_axis: Axis = "linear"
    zero: bool = False  # y begins there: what should look level must not be stretched by its noise


@dataclass(frozen=True)
class Cloud:
    """Labelled points, by group; `front` joins those that no other point beats: low x, high y."""

    name: str
    title: str
    caption: str
    x: str
    y: str
    groups: Mapping[str, Sequence[Point]]
    x_axis: Axis = "linear"
    y_axis: Axis = "linear"
    front: bool = False


@dataclass(frozen=True)
class Bars:
    """One bar a row, made of parts that add up: stage shares. Or plain bars, of one part."""

    name: str
    title: str
    caption: str
    x: str
    rows: Mapping[str, Mapping[str, float]]  # by row, by part
    spans: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # of a row's total: what noise allows


@dataclass(frozen=True)
class Distributions:
    """Values of many frames by row: latency. Drawn as the share of frames up to a value, with p50, p95 and p99."""

    name: str
    title: str
    caption: str
    x: str
    rows: Mapping[str, Sequence[float]]
    x_axis: Axis = "linear"


Figure = Lines | Cloud | Bars | Distributions
