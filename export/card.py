"""How good an exported graph is, measured by running it."""

from __future__ import annotations

from pathlib import Path

from ..training.evaluate import evaluate_bicubic, evaluate_from_rgb
from ..training.upscaler import Upscaler
from .manifest import SetQuality


def measure(upscaler: Upscaler, folder: Path) -> SetQuality:
    """PSNR-Y and SSIM of a model and of bicubic on the pictures below `folder`, rounded to 1e-4.

    Raises DataError for a folder without pictures.
    """
    scores = evaluate_from_rgb(folder, upscaler.scale, upscaler.luma)
    bicubic = evaluate_bicubic(folder, upscaler.scale)
    return SetQuality(
        pictures=scores.pictures,
        psnr_y=round(scores.psnr_y, 4),
        ssim=round(scores.ssim, 4),
        bicubic_psnr_y=round(bicubic.psnr_y, 4),
        bicubic_ssim=round(bicubic.ssim, 4),
    )
