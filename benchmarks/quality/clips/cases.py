"""What the measurements on clips are called, and the metrics that only clips have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ...statistics.measurement import Measurement
from ..scores import PSNR_Y, Metric

FLICKER = Metric("flicker", "codes", "lower", 0.02, 2)
TOF = Metric("tOF", "pixels", "lower", 0.01, 3)
BIT_RATE = Metric("bit rate", "kb/s", "lower", 0.1, 1)
CODED_PSNR = replace(PSNR_Y, exact=0.1)  # encoders vary a little from run to run, and so do figures after them
OVER_FULL_SIZE = Metric("BD-rate against full size", "%", "lower", 2.0, 1)
OVER_BICUBIC = Metric("BD-rate against bicubic", "%", "lower", 2.0, 1)


def bicubic(scale: int) -> str:
    """The way that others are compared with."""
    return f"bicubic-x{scale}"


def full_size(scale: int) -> str:
    """The way without us: the clip is never made smaller, but encoded for the same rates."""
    return f"full size, for x{scale}"


def clip_case(way: str, clip: str) -> str:
    """A way on a clip that no codec has touched."""
    return f"{way}, {clip}"


def codec_case(way: str, clip: str, codec: str) -> str:
    """After a codec, at all CRFs together."""
    return f"{way}, {clip}, {codec}"


def crf_case(way: str, clip: str, codec: str, crf: int) -> str:
    """After a codec at one CRF."""
    return f"{codec_case(way, clip, codec)} crf {crf}"


def crfs_of(found: Sequence[Measurement], way: str, clip: str, codec: str) -> list[int]:
    """At which CRFs there are measurements, the best quality first."""
    pattern = re.compile(re.escape(codec_case(way, clip, codec)) + r" crf (\d+)")
    matches = [pattern.fullmatch(measurement.case) for measurement in found]
    return sorted({int(match[1]) for match in matches if match})


def of_frames(case: str, metric: Metric, values: Sequence[float]) -> Measurement:
    """A figure of each frame, or of each but the first; the same in every run."""
    return Measurement(case, metric.name, metric.unit, metric.better, (tuple(values),), metric.exact)
