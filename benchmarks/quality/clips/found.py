"""What a report has on clips, brought together for the tables and the plots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from ...report import Report
from ...statistics.measurement import Measurement, find, measurements_of
from ..scores import PSNR_Y, Metric
from .cases import BIT_RATE, FLICKER, bicubic, clip_case, codec_case, crf_case, crfs_of, full_size
from .codecs import CODECS


@dataclass(frozen=True)
class OnClip:
    """One clip at one scale: figures of each way, by its name and metric."""

    clip: str
    scale: int
    ways: Mapping[str, Mapping[str, Measurement]]


@dataclass(frozen=True)
class Point:
    """Of a rate-distortion curve; PSNR-Y in dB is the mean of the frames."""

    crf: int
    rate: float  # kb/s
    psnr: float


@dataclass(frozen=True)
class AfterCodec:
    """One clip at one scale after one codec: each way's curve, the best quality first, and its BD-rates by metric."""

    clip: str
    scale: int
    codec: str
    curves: Mapping[str, Sequence[Point]]
    bd_rates: Mapping[str, Mapping[str, Measurement]]


def on_clips(report: Report, metrics: Sequence[Metric]) -> Iterator[OnClip]:
    """What was measured frame by frame."""
    found = measurements_of(report)
    for scale, ways in _ways(report).items():
        for clip in _clips(found, scale, FLICKER, ""):
            cases = {way: clip_case(way, clip) for way in ways}
            figures = {way: _figures(found, case, metrics) for way, case in cases.items()}
            yield OnClip(clip, scale, {way: values for way, values in figures.items() if values})


def after_codecs(report: Report, metrics: Sequence[Metric]) -> Iterator[AfterCodec]:
    """What was measured by rate; `metrics` are those of whole curves."""
    found = measurements_of(report)
    for scale, ways in _ways(report).items():
        for codec in CODECS:
            for clip in _clips(found, scale, BIT_RATE, f", {codec} crf "):
                curves = {way: _curve(found, way, clip, codec) for way in [*ways, full_size(scale)]}
                rates = {way: _figures(found, codec_case(way, clip, codec), metrics) for way in ways}
                yield AfterCodec(clip, scale, codec, {way: made for way, made in curves.items() if made}, rates)


def _ways(report: Report) -> dict[int, list[str]]:
    """Their names by scale."""
    return {
        scale: [row["way"] for row in report["rows"] if row["scale"] == scale]
        for scale in dict.fromkeys(row["scale"] for row in report["rows"])
    }


def _clips(found: Sequence[Measurement], scale: int, metric: Metric, end: str) -> list[str]:
    """Those that bicubic has `metric` of; in the case's name, `end` and what comes after is no part of the clip's."""
    start = clip_case(bicubic(scale), "")
    cases = [m.case for m in found if m.metric == metric.name and m.case.startswith(start) and end in m.case]
    names = (case.removeprefix(start) for case in cases)
    return list(dict.fromkeys(name.rpartition(end)[0] if end else name for name in names))


def _figures(found: Sequence[Measurement], case: str, metrics: Sequence[Metric]) -> dict[str, Measurement]:
    both = {metric.name: find(found, case, metric.name) for metric in metrics}
    return {name: measurement for name, measurement in both.items() if measurement is not None}


def _curve(found: Sequence[Measurement], way: str, clip: str, codec: str) -> list[Point]:
    points = []
    for crf in crfs_of(found, way, clip, codec):
        case = crf_case(way, clip, codec, crf)
        rate, psnr = find(found, case, BIT_RATE.name), find(found, case, PSNR_Y.name)
        assert rate is not None
        assert psnr is not None
        points.append(Point(crf, rate.median, fmean(psnr.values)))
    return points
