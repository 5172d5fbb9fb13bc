"""The report of `framelift bench quality` as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from itertools import product
from typing import Any

from ..report import Report
from ..statistics.measurement import Measurement, find, measurements_of
from ..tables import head, measured, size, table
from .rows import Placed, placed
from .scores import METRICS, PSNR_Y, Metric, picture_case

Row = Mapping[str, Any]

_PICTURES = """\
Pictures are cropped to a multiple of the scale and reduced by MATLAB's bicubic. PSNR-Y, SSIM (11 x 11 Gaussian) and MSE
are of BT.601 studio-range luma, PSNR-RGB is of all three channels; `scale` pixels are cut off each border. A luma
network sees 8-bit luma; its RGB is that luma with bicubic's chroma, by BT.601. VMAF and LPIPS are of whole pictures.
Means over the pictures; in brackets, PSNR-Y of the worst and of the best one. Networks of others are measured with the
weights that were given, which need not be those of their papers."""
_FRONT = """\
ms a frame from bytes to bytes, of luma, and of RGB where the network works on that; PSNR-Y is that on {set}. `front`:
nothing else of its scale is better in one of both and no worse in the other."""


def document(report: Report) -> str:
    """The whole of it, as far as it was measured."""
    found = measurements_of(report)
    sets = ", ".join(f"{each['name']} ({len(each['pictures'])} pictures)" for each in report["sets"])
    parts = [head("Quality, measured", report, [f"Pictures: {sets}"] if sets else [])]
    parts += [*_pictures(report, found), *_front(report, found), _clips(report), *_missing(report)]
    return "\n\n".join(filter(None, parts)) + "\n"


def _pictures(report: Report, found: Sequence[Measurement]) -> list[str]:
    tables = []
    for scale, each in product(dict.fromkeys(row["scale"] for row in report["rows"]), report["sets"]):
        ways = [row["way"] for row in report["rows"] if row["scale"] == scale]
        cases = {way: picture_case(way, each["name"]) for way in ways}
        if report["by_picture"].keys() & cases.values():
            tables.append(f"### {each['name']}, x{scale}\n\n{_set_table(report, found, cases)}")
    return ["## Pictures", _PICTURES, *tables] if tables else []


def _set_table(report: Report, found: Sequence[Measurement], cases: Mapping[str, str]) -> str:
    """A line for each way of `cases`."""
    metrics = [metric for metric in METRICS if any(find(found, case, metric.name) for case in cases.values())]
    header = ["", *(f"{metric.name}{f', {metric.unit}' if metric.unit else ''}" for metric in metrics)]
    lines = [[way, *(_cell(report, found, case, metric) for metric in metrics)] for way, case in cases.items()]
    return table(header, lines)


def _cell(report: Report, found: Sequence[Measurement], case: str, metric: Metric) -> str:
    measurement = find(found, case, metric.name)
    if measurement is None:
        return ""
    words = measured(measurement, metric.digits)
    if metric != PSNR_Y:
        return words
    each = report["by_picture"][case][metric.name]
    return f"{words} ({min(each):.{metric.digits}f} to {max(each):.{metric.digits}f})"


def _front(report: Report, found: Sequence[Measurement]) -> list[str]:
    ways = placed(report, found)
    if not ways:
        return []
    sides, threads = size(report["settings"]["size"]), report["settings"]["threads"]
    title = f"## Speed and quality: {sides}, {threads} thread{'s' * (threads > 1)}"
    header = ["", "scale", "ms a frame", "MAC an input pixel", "PSNR-Y, dB", "front"]
    words = _FRONT.format(set=report["sets"][0]["name"])
    return [title, words, table(header, map(_front_line, ways))]


def _front_line(way: Placed) -> list[str]:
    macs = way.row["macs_per_pixel"]
    return [
        way.row["way"],
        f"x{way.row['scale']}",
        measured(way.time, 2),
        "" if macs is None else f"{macs:,}",
        f"{way.psnr:.2f}",
        "front" if way.on_front else "",
    ]


def _clips(report: Report) -> str:
    if find_spec("cv2") is None:
        return "Clips are not shown: OpenCV is not installed (pip install 'framelift[bench]')."
    from .clips import tables  # noqa: PLC0415  it needs OpenCV

    return tables(report)


def _missing(report: Report) -> list[str]:
    """What has no figures, and why."""
    rows = [*report["absent"].items(), *((each["name"], each["reason"]) for each in report["unmeasured"])]
    lines = ([name, reason] for name, reason in rows)
    return ["## Not measured", table(["", "why"], lines, numbers=False)] if rows else []
