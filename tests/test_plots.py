"""Plots of reports: what they show, in which colours, and where labels go."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from xml.etree import ElementTree as ET

import cv2
import numpy as np
import pytest
from framelift.benchmarks.pages import draw, palette
from framelift.benchmarks.pages.figures import Bars, Distributions, Figure, Lines, Point
from framelift.benchmarks.pages.plots.column import apart
from framelift.benchmarks.pages.plots.front import front
from framelift.benchmarks.pages.plots.labels import Box, around
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_plots import BARS, CLOUD, DISTRIBUTIONS, FIGURES, LINES

SLOTS = palette.slots(FIGURES)
SVG = "{http://www.w3.org/2000/svg}"


def texts_of(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314  our own


# Plots


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_a_plot_says_in_text_what_it_shows(figure: Figure) -> None:
    texts = "".join("".join(texts_of(draw.svg(figure, SLOTS))).split())  # long names take several lines
    rows = set(figure.rows if isinstance(figure, Bars | Distributions) else ())
    for wanted in {figure.title, figure.x, *palette.series_of(figure), *rows}:
        assert "".join(wanted.split()) in texts


def test_labels_of_points_stand_in_the_plot() -> None:
    assert {"bicubic", "lanczos", "tiny-8 int8", "tiny-8 bf16", "again"} <= set(texts_of(draw.svg(CLOUD, SLOTS)))
    assert "two" in texts_of(draw.svg(LINES, SLOTS))


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_ids_of_a_plot_are_its_own(figure: Figure) -> None:
    svg = draw.svg(figure, SLOTS)
    ids = re.findall(r'\bid="([^"]*)"', svg)
    assert len(ids) == len(set(ids))
    assert all(each.startswith(f"{figure.name}-") for each in ids)
    assert set(re.findall(r'(?:url\(#|href="#)([^")]*)', svg)) <= set(ids)


def test_the_same_figures_give_the_same_bytes_elsewhere(tmp_path: Path) -> None:
    """In another process, with other hashes, another date, and the user's own settings of matplotlib."""
    (tmp_path / "matplotlibrc").write_text("xtick.direction: in\nlines.solid_capstyle: butt\nsvg.fonttype: path\n")
    code = (
        "import hashlib; from sample_plots import FIGURES; from framelift.benchmarks.pages import draw, palette\n"
        "slots = palette.slots(FIGURES)\n"
        "for figure in FIGURES:\n"
        "    for made in (draw.svg(figure, slots).encode(), draw.png(figure, slots)):\n"
        "        print(hashlib.sha256(made).hexdigest())\n"
    )
    path = os.pathsep.join(filter(None, sys.path))
    environment = os.environ | {"PYTHONPATH": path, "PYTHONHASHSEED": "7", "MATPLOTLIBRC": str(tmp_path)}
    environment["SOURCE_DATE_EPOCH"] = "1"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    made = [each for figure in FIGURES for each in (draw.svg(figure, SLOTS).encode(), draw.png(figure, SLOTS))]
    assert done.stdout.split() == [hashlib.sha256(each).hexdigest() for each in made]


def test_a_picture_is_as_large_as_its_plot_and_not_empty() -> None:
    picture = cv2.imdecode(np.frombuffer(draw.png(BARS, SLOTS), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    box = ET.fromstring(draw.svg(BARS, SLOTS)).attrib["viewBox"].split()  # noqa: S314  our own
    assert picture.shape[1] / picture.shape[0] == pytest.approx(float(box[2]) / float(box[3]), rel=0.01)
    assert tuple(picture[0, 0]) == (255, 255, 255)
    colour = palette.SERIES[SLOTS["upscale"]].light
    blue, green, red = (int(colour[i : i + 2], 16) for i in (5, 3, 1))
    assert (picture == (blue, green, red)).all(axis=2).mean() > 0.05


@pytest.mark.parametrize(
    "figure",
    [
        replace(LINES, series={}),
        replace(LINES, series={"none": [], "infinite": [Point(1, inf), Point(nan, 1)]}),
        replace(LINES, series={"one": [Point(0, 0)]}, x_axis="log", y_axis="log"),
        replace(LINES, series={"below": [Point(1, -3, -4, -2), Point(1, -3, -inf, inf)]}),
        replace(LINES, series={"noise below 0": [Point(1, 3, -4, 9), Point(9, 5)]}, y_axis="log"),
        replace(CLOUD, groups={}),
        replace(CLOUD, groups={"same": [Point(1, 1, label="the same place")] * 12}),
        replace(CLOUD, groups={"wide": [Point(x, 1, label="W" * 60) for x in (1, 2)]}),
        replace(BARS, rows={}),
        replace(BARS, rows={"nothing": {}, "zero": {"decode": 0.0}}, spans={}),
        replace(DISTRIBUTIONS, rows={}),
        replace(DISTRIBUTIONS, rows={"one": [5.0], "none": [], "equal": [2.0] * 9}),
        replace(DISTRIBUTIONS, rows={"zero": [0.0, 1.0]}),
        replace(LINES, title="\udce9t\x00 \n \u6f22", series={"\udce9\n": [Point(1, 1)]}),
    ],
)
@pytest.mark.filterwarnings("ignore:Glyph")  # of a picture; text in an SVG is shown in any font
def test_what_is_odd_is_drawn_too(figure: Figure) -> None:
    slots = palette.slots([figure])
    ET.fromstring(draw.svg(figure, slots).encode())  # noqa: S314  our own
    assert draw.png(figure, slots)


def test_what_has_nothing_says_so() -> None:
    assert "nothing was measured" in texts_of(draw.svg(replace(LINES, series={"none": []}), {"none": 0}))
    assert "nothing was measured" not in texts_of(draw.svg(LINES, SLOTS))


def test_bars_have_a_total_unless_all_add_up_to_the_same() -> None:
    shares = replace(BARS, rows={"a": {"busy": 40.0, "idle": 60.0}, "b": {"busy": 1.0, "idle": 99.0}}, spans={})
    assert "100" not in texts_of(draw.svg(shares, palette.slots([shares])))[-2:]
    texts = texts_of(draw.svg(replace(BARS, rows={"a": {"x": 2.0, "y": 1.25}, "b": {"x": 5.0}}), {"x": 0, "y": 1}))
    assert {"3.25", "5.00"} <= set(texts)


def test_names_stand_beside_the_right_ends_of_their_lines() -> None:
    """Whichever way the points are given: rates fall as their settings rise."""
    rising = {"low": [Point(1, 9), Point(2, 1)], "high": [Point(2, 8), Point(1, 0)]}
    drawn = ET.fromstring(draw.svg(replace(LINES, series=rising), {"low": 0, "high": 1}))  # noqa: S314  our own
    heights = {text.text: float(text.attrib["y"]) for text in drawn.iter(f"{SVG}text") if text.text in rising}
    assert heights["high"] < heights["low"]  # y of SVG goes down


def test_percentiles_are_told_and_right() -> None:
    values = [float(value) for value in range(1001)]
    texts = texts_of(draw.svg(replace(DISTRIBUTIONS, rows={"a": values}, x_axis="linear"), {"a": 0}))
    assert "p50, p95, p99: 500, 950, 990" in texts


# Colours


names = st.sampled_from("abcdefghijkl")
some_lines = st.builds(
    lambda series: replace(LINES, series={name: [Point(1, 1)] for name in series}), st.lists(names, max_size=6)
)


@given(st.lists(some_lines, max_size=6))
def test_a_series_has_one_colour_and_none_that_stands_beside_it(figures: Sequence[Lines]) -> None:
    slots = palette.slots(figures)
    for figure in figures:
        taken = [slots[name] for name in figure.series]
        assert len(taken) == len(set(taken))
    assert all(0 <= slot < 12 for slot in slots.values())


def test_series_keep_their_colour_from_plot_to_plot() -> None:
    """tiny-8 stands in three figures."""
    colour = palette.SERIES[SLOTS["tiny-8"]].light
    for figure in (LINES, CLOUD, DISTRIBUTIONS):
        drawn = ET.fromstring(draw.svg(figure, SLOTS))  # noqa: S314  our own
        group = next(g for g in drawn.iter(f"{SVG}g") if g.get("id") == f"{figure.name}-series-{SLOTS['tiny-8']}.key")
        assert colour in ET.tostring(group, encoding="unicode")


# Machado, Oliveira and Fernandes, IEEE TVCG 15 (2009), table 1 at full severity: for linear RGB.
SEEN = {
    "all": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colour: str) -> np.ndarray:
    """From sRGB (IEC 61966-2-1)."""
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear RGB, by OpenCV."""
    return np.asarray(cv2.cvtColor(light.clip(0, 1).astype(np.float32)[None], cv2.COLOR_LRGB2Lab)[0])


def contrast(one: str, other: str) -> float:
    """WCAG 2.2."""
    low, high = sorted(float(linear(colour) @ (0.2126, 0.7152, 0.0722)) + 0.05 for colour in (one, other))
    return high / low


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("sight", SEEN)
def test_colours_are_told_apart_by_anyone(theme: str, sight: str) -> None:
    colours = [getattr(colour, theme) for colour in palette.SERIES]
    seen = lab(np.array([linear(colour) for colour in colours]) @ np.array(SEEN[sight]).T)
    least = min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2))
    assert least > 10  # 2.3 is just noticeable


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_stand_out_from_their_background(theme: str) -> None:
    def of(colour: palette.Colour) -> str:
        return str(getattr(colour, theme))

    assert all(contrast(of(colour), of(palette.PANEL)) >= 3 for colour in palette.SERIES)
    assert all(contrast(of(text), of(palette.PANEL)) >= 4.5 for text in (palette.INK, palette.QUIET))
    pairs = zip(palette.ON_SERIES, palette.SERIES, strict=True)
    assert all(contrast(of(text), of(colour)) >= 4 for text, colour in pairs)


def test_a_page_can_change_every_colour_of_a_plot() -> None:
    left = {c for figure in FIGURES for c in re.findall(r"#[0-9a-f]{6}\b", palette.themed(draw.svg(figure, SLOTS)))}
    assert left == set()


# Where labels go


places = st.tuples(st.floats(0, 400), st.floats(0, 300))
AREA = Box(0, 0, 400, 300)


def apart_from(one: Box, other: Box) -> bool:
    return one.right <= other.left or other.right <= one.left or one.top <= other.bottom or other.top <= one.bottom


@settings(max_examples=30)
@given(st.lists(places, min_size=1, max_size=12), st.floats(10, 90), st.floats(8, 24))
def test_no_label_covers_another_or_a_point(points: list[tuple[float, float]], width: float, height: float) -> None:
    labels = around(points, dict.fromkeys(range(len(points)), (width, height)), AREA)
    assert labels is not None
    for one, other in itertools.combinations(labels.values(), 2):
        assert apart_from(one.box, other.box)
    for label, (x, y) in itertools.product(labels.values(), points):
        assert apart_from(label.box, Box(x - 3, y - 3, x + 3, y + 3))
        assert min(label.box.left, label.box.bottom) >= 0
        assert label.box.right <= AREA.right + 1e-6
        assert label.box.top <= AREA.top + 1e-6


def test_labels_keep_off_lines_and_stand_beside_their_points() -> None:
    labels = around([(100, 100)], {0: (50, 10)}, AREA, [[(100, 100), (300, 100)]])
    assert labels is not None
    assert labels[0].leader is None
    assert apart_from(labels[0].box, Box(100, 99, 300, 101))
    assert labels[0].box.nearest(100, 100) != (100, 100)


def test_without_room_there_is_no_label() -> None:
    points = [(5.0, 5.0), (6.0, 6.0)]
    assert around(points, {0: (50, 10), 1: (50, 10)}, Box(0, 0, 60, 12)) is None


@given(st.lists(st.tuples(st.floats(-50, 350), st.floats(5, 25)), max_size=10))
def test_things_in_a_column_keep_their_order_and_do_not_meet(wanted: list[tuple[float, float]]) -> None:
    middles, heights = [middle for middle, _ in wanted], [height for _, height in wanted]
    made = apart(middles, heights, 0, 300)
    order = sorted(range(len(made)), key=lambda index: made[index])
    assert [middles[index] for index in order] == sorted(middles)
    for lower, upper in itertools.pairwise(order):
        assert made[upper] - made[lower] >= (heights[upper] + heights[lower]) / 2 - 1e-6
    for middle, height in zip(made, heights, strict=True):
        assert height / 2 - 1e-6 <= middle <= 300 - height / 2 + 1e-6


def test_what_meets_nothing_stays_and_what_meets_shares_the_way() -> None:
    assert apart([250, 50, 150], [20, 20, 20], 0, 300) == [250, 50, 150]
    assert apart([100, 100], [20, 20], 0, 300) == [90, 110]


@given(st.lists(st.builds(Point, st.integers(0, 6), st.integers(0, 6)), max_size=12))
def test_the_front_is_what_nothing_beats(points: list[Point]) -> None:
    def beats(one: Point, other: Point) -> bool:
        return one.x <= other.x and one.y >= other.y and (one.x, one.y) != (other.x, other.y)

    best = [point for point in points if not any(beats(other, point) for other in points)]
    assert sorted((p.x, p.y) for p in front(points)) == sorted((p.x, p.y) for p in best)
