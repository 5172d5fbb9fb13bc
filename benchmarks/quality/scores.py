"""How near an enlarged picture comes to the original, by the papers' protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...training.metrics import mse, psnr, ssim, y_from_rgb
from ..statistics.measurement import Better
from .way import Codes, Enlarged, Rgb

IDENTICAL = 100.0
"""dB: stands for no difference at all, of which PSNR is infinite."""

Judge = Callable[[Rgb, Rgb], float]
"""(original, result): of whole pictures."""


@dataclass(frozen=True)
class Metric:
    """What a figure is; up to `exact` two are the same."""

    name: str
    unit: str
    better: Better
    exact: float
    digits: int


PSNR_Y = Metric("PSNR-Y", "dB", "higher", 0.01, 2)
PSNR_RGB = Metric("PSNR-RGB", "dB", "higher", 0.01, 2)
SSIM = Metric("SSIM", "", "higher", 0.0002, 4)
MSE = Metric("MSE", "", "lower", 0.1, 2)
VMAF = Metric("VMAF", "", "higher", 0.05, 2)
LPIPS = Metric("LPIPS", "", "lower", 0.0002, 4)
METRICS = (PSNR_Y, PSNR_RGB, SSIM, MSE, VMAF, LPIPS)


def picture_case(way: str, pictures: str) -> str:
    """What a way's measurements on a set of pictures are called."""
    return f"{way}, {pictures}"


def scores(original: Rgb, enlarged: Enlarged, border: int) -> dict[Metric, float]:
    """Of one picture, `border` pixels cut off each side.

    PSNR-Y, SSIM and MSE (in squared code values) are of BT.601 studio-range luma; PSNR-RGB is of the mean squared
    difference of all three channels' codes.
    """
    truth = y_from_rgb(original)
    return {
        PSNR_Y: min(psnr(truth, enlarged.luma, border), IDENTICAL),
        PSNR_RGB: min(psnr(_inner(original, border), _inner(enlarged.rgb, border)), IDENTICAL),
        SSIM: ssim(truth, enlarged.luma, border),
        MSE: mse(truth, enlarged.luma, border),
    }


def _inner(picture: Rgb, border: int) -> Codes:
    """All channels side by side, without the border."""
    height, width, _ = picture.shape
    return picture[border : height - border, border : width - border].reshape(height - 2 * border, -1)
