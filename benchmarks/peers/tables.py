"""A report of this kind as Markdown: who is fastest, who is nearest to the original, and all the figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..report import Report
from ..statistics.measurement import Measurement, find, measurements_of
from ..tables import head, measured, size, table
from .bench import FRAME_METRIC
from .material import CRF

Row = dict[str, Any]

_FRAMES = {"yuv420p": "YUV", "gray": "Y", "bgr24": "BGR", "rgb24": "RGB"}
_NOTE = """What a frame's time is spent on: YUV is all planes, by framelift luma by the network and chroma by bicubic;
Y is luma alone; BGR is OpenCV's own way, luma by the network and chroma by bicubic, with the conversions; RGB is all
colours by the network. MB is peak memory: of the whole program for framelift and FFmpeg, for the others of the process
that enlarges, without decoder and encoder. Slow peers get fewer frames of the file. OpenMP's threads wait without
spinning, without which torch and ncnn are several times slower beside an encoder."""


def document(report: Report) -> str:
    """The whole."""
    found = measurements_of(report)
    parts = [_head(report), _verdict(report, found), _figures(report, found)]
    parts += [_pictures(report, found), _absent(report)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(report: Report) -> str:
    clip, settings = report["clip"], report["settings"]
    scale, (width, height) = settings["scale"], clip["size"]
    facts = f"""\
Clip: {clip["name"]}, {clip["frames"]} frames, made {scale} times smaller by MATLAB's bicubic, in H.264 of CRF {CRF}; \
files play it to and fro
A frame's time is that of enlarging alone, from a decoded frame in memory to a larger one, by a clock in the peer's \
own process: transport is not in it
Files are H.264 in and out on all threads, by x264 {settings["preset"]} at CRF {settings["crf"]:g} for all; the time \
that programs take to start is not in it
framelift and FFmpeg are run by their own commands; around the others are framelift's decoder and encoder, and frames \
go to their processes and back over pipes, which is in the time of files
PSNR-Y and SSIM are of whole enlarged frames before they are encoded, against the originals in full size"""
    title = f"framelift beside its peers: {size(clip['size'])} to {scale * width}x{scale * height}"
    return head(title, report, facts.split("\n"))


def _verdict(report: Report, found: Sequence[Measurement]) -> str:
    rows: list[Row] = report["rows"]
    if not rows:
        return ""
    lines = [
        _best(f"A frame on {threads} thread{'s' if threads != '1' else ''}", rows, found, FRAME_METRIC, threads)
        for threads in sorted(rows[0]["threads"], key=int)
    ]
    lines.append(_best("A whole file", rows, found, "throughput"))
    lines += [_best(f"{metric}, highest", rows, found, metric) for metric in ("PSNR-Y", "SSIM")]
    return "## Who is ahead\n\n" + "\n".join(f"- {line}" for line in lines if line)


def _best(what: str, rows: Sequence[Row], found: Sequence[Measurement], metric: str, threads: str | None = None) -> str:
    """The first of all; where that is not framelift, its own best and how many are before it."""
    known = [(row, m) for row in rows if (m := find(found, _case(row, threads), metric)) is not None]
    if not known:
        return ""
    ranked = sorted(known, key=lambda each: _rank(each[1]))
    own = next((each for each in ranked if each[0]["group"] == "framelift"), None)
    before = [each for each in ranked if own is not None and _rank(each[1]) < _rank(own[1]) - (own[1].exact or 0.0)]
    if own is None or not before:
        return f"{what}: {_named(*(own or ranked[0]))}"
    return f"{what}: {_named(*ranked[0])}; framelift's best, behind {len(before)}, is {_named(*own)}"


def _rank(measurement: Measurement) -> float:
    """The smaller, the better."""
    return measurement.median if measurement.better == "lower" else -measurement.median


def _named(row: Row, measurement: Measurement) -> str:
    digits = {"fps": 1, "dB": 2, "ms": 2}.get(measurement.unit, 4)
    return f"{row['name']}, {measured(measurement, digits)} {measurement.unit}".rstrip()


def _figures(report: Report, found: Sequence[Measurement]) -> str:
    rows: list[Row] = report["rows"]
    if not rows:
        return ""
    threads, shown = sorted(rows[0]["threads"], key=int), _shown(found)
    header = ["", "frame", *(f"ms, {_threads(count)}" for count in threads)]
    header += ["file, fps", "its frames", "MB", "PSNR-Y, dB", "SSIM"]
    lines = [
        [
            f"**{row['name']}**" if row["group"] == "framelift" else row["name"],
            _FRAMES[row["pix_fmt"]],
            *(shown(_case(row, count), FRAME_METRIC, 2) for count in threads),
            shown(row["case"], "throughput", 1),
            str(row["file_frames"] or ""),
            shown(row["case"], "memory", 0),
            shown(row["case"], "PSNR-Y", 2),
            shown(row["case"], "SSIM", 4),
        ]
        for row in rows
    ]
    return f"## All figures\n\n{table(header, lines)}\n\n{_NOTE}\n\n{_versions(rows)}"


def _versions(rows: Sequence[Row]) -> str:
    return "Run by: " + "; ".join(dict.fromkeys(row["about"] for row in rows)) + "."


def _pictures(report: Report, found: Sequence[Measurement]) -> str:
    sets = list(dict.fromkeys(each.metric for each in found if each.metric.startswith("PSNR-Y, ")))
    rows = [row for row in report["rows"] if sets and find(found, row["case"], sets[0])]
    if not rows:
        return ""
    shown = _shown(found)
    lines = [[row["name"], *(shown(row["case"], metric, 2) for metric in sets)] for row in rows]
    names = [metric.removeprefix("PSNR-Y, ") for metric in sets]
    note = "As papers measure, but that sides are cut to even multiples, which video needs."
    return f"## Pictures, PSNR-Y, dB\n\n{table(['', *names], lines)}\n\n{note}"


def _absent(report: Report) -> str:
    if not report["absent"]:
        return ""
    lines = [[row["name"], row["reason"], row["hint"]] for row in report["absent"]]
    return f"## Not measured\n\n{table(['', 'Why', 'What to do'], lines, numbers=False)}"


def _shown(found: Sequence[Measurement]) -> Callable[[str, str, int], str]:
    def shown(case: str, metric: str, digits: int) -> str:
        measurement = find(found, case, metric)
        return "" if measurement is None else measured(measurement, digits)

    return shown


def _case(row: Row, threads: str | None) -> str:
    return str(row["case"] if threads is None else row["threads"][threads])


def _threads(count: str) -> str:
    return f"{count} thread{'s' if count != '1' else ''}"
