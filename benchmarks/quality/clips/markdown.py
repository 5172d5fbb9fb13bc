"""What was measured on clips as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from ...report import Report
from ...statistics.measurement import Measurement
from ...tables import table
from ..scores import PSNR_Y, SSIM, Metric
from .cases import FLICKER, OVER_BICUBIC, OVER_FULL_SIZE, TOF, bicubic, full_size
from .found import AfterCodec, OnClip, Point, after_codecs, on_clips
from .material import MOST_FRAMES

_METRICS = (PSNR_Y, SSIM, FLICKER, TOF)
_BD_RATES = (OVER_FULL_SIZE, OVER_BICUBIC)
_CLIPS = f"""\
Clips, the first {MOST_FRAMES} frames at most, are reduced by MATLAB's bicubic, as 8-bit 4:2:0 of BT.709, and compared
with their originals frame by frame: means, in brackets the worst and the best frame. PSNR-Y and SSIM are of luma, the
scale in pixels cut off each border. `flicker`: by how much a pixel's change from one frame to the next differs from the
original's, in codes of 0 to 255. `tOF`: by how much its motion does, in pixels (Chu et al., TecoGAN, 2020; optical flow
by Farneback's method)."""
_RATES = """\
The small clip is encoded at each CRF, decoded and enlarged: PSNR-Y in dB against the original, in brackets the gain
over bicubic. `full size` is the original without us, encoded for about the same rates. BD-rate: by how many per cent
the bits for the same PSNR differ from those of the full size and of bicubic, a mean over the PSNRs that both reach
(Bjontegaard, VCEG-M33, with a cubic from point to point); less than 0 % is better; `all above`, `all below`: the whole
curve is, in PSNR. Bits are those of all packets. Encoders run at their default presets."""


def tables(report: Report) -> str:
    """All that there is, or nothing."""
    clips = [f"### {each.clip}, x{each.scale}\n\n{_clip_table(each)}" for each in on_clips(report, _METRICS)]
    rates = [
        f"### {each.clip}, x{each.scale}, {each.codec}\n\n{_rate_table(each)}"
        for each in after_codecs(report, _BD_RATES)
    ]
    parts = ["## Clips", _CLIPS, *clips] if clips else []
    parts += ["## Quality by rate", _RATES, *rates] if rates else []
    return "\n\n".join(parts)


def _clip_table(each: OnClip) -> str:
    header = ["", *(f"{metric.name}, {metric.unit}" if metric.unit else metric.name for metric in _METRICS)]
    return table(header, ([way, *_cells(figures)] for way, figures in each.ways.items()))


def _cells(figures: Mapping[str, Measurement]) -> list[str]:
    return [_mean(figures[metric.name], metric) for metric in _METRICS]


def _mean(measurement: Measurement, metric: Metric) -> str:
    values = sorted(measurement.values, reverse=metric.better == "lower")
    mean, worst, best = (f"{value:.{metric.digits}f}" for value in (fmean(values), values[0], values[-1]))
    return f"{mean} ({worst} to {best})"


def _rate_table(each: AfterCodec) -> str:
    points = each.curves[bicubic(each.scale)]
    header = ["", *(f"CRF {point.crf}: {point.rate:.0f} kb/s" for point in points)]
    header += [metric.name for metric in _BD_RATES]
    lines = [_rate_line(each, way, curve) for way, curve in each.curves.items() if way != full_size(each.scale)]
    return table(header, [*lines, _full_size_line(each, points)])


def _rate_line(each: AfterCodec, way: str, curve: Sequence[Point]) -> list[str]:
    plain = bicubic(each.scale)
    if way == plain:
        gains = [""] * len(curve)
    else:
        gains = [f" ({a.psnr - b.psnr:+.2f})" for a, b in zip(curve, each.curves[plain], strict=True)]
    psnrs = [f"{point.psnr:.2f}{gain}" for point, gain in zip(curve, gains, strict=True)]
    return [way, *psnrs, *(_bd_rate(each, way, metric) for metric in _BD_RATES)]


def _bd_rate(each: AfterCodec, way: str, metric: Metric) -> str:
    """In words where no PSNR is reached by both curves."""
    rate = each.bd_rates[way].get(metric.name)
    if rate is not None:
        return f"{rate.median:+.{metric.digits}f} %"
    other = bicubic(each.scale) if metric == OVER_BICUBIC else full_size(each.scale)
    if way == other:
        return ""
    above = min(point.psnr for point in each.curves[way]) > max(point.psnr for point in each.curves[other])
    return "all above" if above else "all below"


def _full_size_line(each: AfterCodec, points: Sequence[Point]) -> list[str]:
    """At each rate, what comes nearest to it."""
    whole = each.curves[full_size(each.scale)]
    nearest = [min(whole, key=lambda other: abs(other.rate - point.rate)) for point in points]
    return ["full size", *(f"{point.psnr:.2f} at {point.rate:.0f} kb/s" for point in nearest), "", ""]
