"""What was measured on clips as plots."""

from __future__ import annotations

import re
from statistics import fmean

from ...pages.figures import Figure, Lines
from ...pages.figures import Point as Mark
from ...report import Report
from ..scores import PSNR_Y
from .cases import full_size
from .found import AfterCodec, OnClip, after_codecs, on_clips


def figures(report: Report) -> list[Figure]:
    """PSNR-Y by frame, and by rate."""
    return [*map(_by_frame, on_clips(report, [PSNR_Y])), *map(_by_rate, after_codecs(report, []))]


def _by_frame(each: OnClip) -> Lines:
    series = {way: measured[PSNR_Y.name] for way, measured in each.ways.items()}
    return Lines(
        name=_slug(f"clip-{each.clip}-x{each.scale}"),
        title=f"Frame by frame: {each.clip}, x{each.scale}",
        caption="Further up is nearer to the original. Means: "
        + ", ".join(f"{way} {fmean(psnr.values):.2f} dB" for way, psnr in series.items())
        + ".",
        x="frame",
        y="PSNR-Y, dB",
        series={way: [Mark(*pair) for pair in enumerate(psnr.values)] for way, psnr in series.items()},
    )


def _by_rate(each: AfterCodec) -> Lines:
    return Lines(
        name=_slug(f"rate-{each.clip}-x{each.scale}-{each.codec}"),
        title=f"Quality by rate: {each.clip}, x{each.scale}, {each.codec}",
        caption=f"The clip made {each.scale} times smaller, encoded, decoded and enlarged; and encoded in full size. "
        "Further up is nearer to the original, further left takes fewer bits.",
        x="kb/s",
        y="PSNR-Y, dB",
        series={
            "full size" if way == full_size(each.scale) else way: [Mark(point.rate, point.psnr) for point in curve]
            for way, curve in each.curves.items()
        },
        x_axis="log",
    )


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text)
