"""How good an exported graph is, measured by running it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..training.evaluate import evaluate, evaluate_bicubic
from .manifest import SetQuality
from .parity import Upscale


def measure(upscale: Upscale, scale: int, folder: Path) -> SetQuality:
    """PSNR-Y and SSIM of a luma model and of bicubic on the pictures below `folder`, rounded to 1e-4.

    Raises DataError for a folder without pictures.
    """

    def upscale_codes(low: NDArray[np.uint8]) -> NDArray[np.uint8]:
        y = upscale(low[None, None].astype(np.float32) / np.float32(255.0))
        codes: NDArray[np.uint8] = np.rint(np.clip(y[0, 0], 0.0, 1.0) * 255.0).astype(np.uint8)
        return codes

    scores, bicubic = evaluate(folder, scale, upscale_codes), evaluate_bicubic(folder, scale)
    return SetQuality(
        pictures=scores.pictures,
        psnr_y=round(scores.psnr_y, 4),
        ssim=round(scores.ssim, 4),
        bicubic_psnr_y=round(bicubic.psnr_y, 4),
        bicubic_ssim=round(bicubic.ssim, 4),
    )
