"""Plots of every kind, and a document, with what users may have called their files."""

from __future__ import annotations

from math import inf

import numpy as np
from framelift.benchmarks.pages.contents import Content
from framelift.benchmarks.pages.figures import Bars, Cloud, Distributions, Figure, Lines, Point
from framelift.benchmarks.report import finish, new_report

HOSTILE = "<script>alert('owned')</script> & $x^2$ \"q\""
TIMES = tuple(np.random.default_rng(6).lognormal(2, 0.2, 400))

LINES = Lines(
    name="scaling",
    title="Throughput by threads",
    caption="A straight line is ideal.",
    x="threads",
    y="frames a second",
    series={
        "tiny-8": [Point(1, 80, 77, 83), Point(2, 150, 149, inf, "two"), Point(4, 260)],
        HOSTILE: [Point(1, 60, 57, 63), Point(2, 110), Point(4, 259)],
    },
)
CLOUD = Cloud(
    name="front",
    title="Quality and speed",
    caption="What lies on the line is beaten by nothing here.",
    x="ms a frame",
    y="PSNR-Y, dB",
    groups={
        "filters": [Point(0.3, 30.3, label="bicubic"), Point(0.31, 30.31, label="lanczos")],
        "tiny-8": [
            Point(5, 32.4, label="tiny-8 int8"),
            Point(5.05, 32.41, label="tiny-8 bf16"),
            Point(5, 32.4, label="again"),
        ],
    },
    x_axis="log",
    front=True,
)
BARS = Bars(
    name="stages",
    title="Where a frame's time goes",
    caption="What is not `upscale` no network can save.",
    x="ms a frame",
    rows={"tiny-8": {"decode": 1.5, "upscale": 5.0}, HOSTILE: {"decode": 1.6, "upscale": 40.0}},
    spans={"tiny-8": (6.0, 7.0), HOSTILE: (40.0, inf)},
)
DISTRIBUTIONS = Distributions(
    name="latency",
    title='Latency of "a" <b>frame</b>',
    caption="Left is <i>fast</i>, upright is steady.",
    x="ms",
    rows={"tiny-8": TIMES, HOSTILE: [3 * value for value in TIMES]},
    x_axis="log",
)
FIGURES: tuple[Figure, ...] = (LINES, CLOUD, BARS, DISTRIBUTIONS)

DOCUMENT = """\
# Measured by hand

Made by `framelift bench` with <script>alert("owned")</script>.

- Machine: a small one
- A [link](javascript:alert(1)) and ![a picture](http://example.org/picture.png)

## Speed

| case | ms | became |
| --- | ---: | ---: |
| a | 12.5 (12.1 to 12.9) | met |
| b <script>alert(2)</script> | 9.5 (9.1 to 9.9) | missed |
| c | 1,200 | |
| d | not measured: absent | |

### Speed

| case | what |
| --- | ---: |
| a | words alone |
"""


def content() -> Content:
    """All of it as of one report."""
    report = new_report("sample", "framelift bench sample", {})
    finish(report)
    return Content(report, DOCUMENT, FIGURES)
