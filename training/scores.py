"""How near an upscaler comes to the truth by the papers' protocol: in luma and RGB, of clean and compressed input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from .degradations.i420 import i420_from_rgb, rgb_from_i420
from .degradations.video import Encoding, PannedPhoto, transcode
from .errors import DataError
from .evaluate import Case, Rgb, truths
from .lpips import LPIPS
from .metrics import mse, psnr_from_mse, ssim, y_from_rgb
from .upscaler import Upscaler

LookDistance = Callable[[Rgb, Rgb], float]
"""(result, truth), RGB [H, W, 3], -> how different they look, such as LPIPS."""

_FRAMES = 8
_MEASURED = ("psnr_y", "ssim_y", "mse_y", "psnr_rgb", "ssim_rgb", "mse_rgb", "lpips")


@dataclass(frozen=True)
class Scores:
    """Means over the pictures of a set; MSE in squared 8-bit codes, PSNR in dB.

    In RGB, MSE is the mean over the channels, PSNR follows from it, and SSIM is the mean of the channels'.
    """

    pictures: int
    psnr_y: float
    ssim_y: float
    mse_y: float
    psnr_rgb: float
    ssim_rgb: float
    mse_rgb: float
    lpips: float | None = None

    def to_json(self) -> dict[str, float | None]:
        """By name."""
        return asdict(self)


def looking_with(lpips: LPIPS) -> LookDistance:
    """LPIPS of 8-bit pictures; the papers' border is not cut off, for it has no meaning there.

    What it gives raises DataError for pictures that are smaller than the network can look at.
    """

    @torch.no_grad()
    def distance(result: Rgb, truth: Rgb) -> float:
        if min(truth.shape[:2]) < lpips.smallest:
            raise DataError(
                f"LPIPS with {lpips.name} takes {lpips.smallest} pixels a side or more, not {truth.shape[:2]}",
                "move small pictures out of the folder",
            )
        a, b = (torch.from_numpy(np.moveaxis(p, -1, 0)[None].astype(np.float32) / 255) for p in (result, truth))
        return float(lpips(a, b))

    return distance


def compressed_cases(folder: Path, scale: int, crf: int) -> Iterator[Case]:
    """The pictures below `folder` as the last of `_FRAMES` frames of an H.264 stream at `crf`. Raises DataError.

    They move by one low-resolution pixel a frame, down and to the right; studio-range luma is that of video.
    """
    for name, photo in truths(folder, scale, 2 * scale):
        panned = PannedPhoto(photo, scale)
        offsets = [scale * (number - _FRAMES + 1) for number in range(_FRAMES)]
        clip = [i420_from_rgb(panned.view(offset, offset)) for offset in offsets]
        yield Case(name, photo, rgb_from_i420(transcode(clip, Encoding("libx264", crf))[-1]))


def measure(cases: Iterator[Case], upscaler: Upscaler, look: LookDistance | None = None) -> Scores:
    """The mean scores of `upscaler` over the cases; `look` is measured too where it is given."""
    rows = [_scores(case, upscaler, look) for case in cases]
    means = dict(zip(_MEASURED, (float(mean) for mean in np.mean(rows, axis=0)), strict=True))
    return Scores(len(rows), **means) if look else replace(Scores(len(rows), **means), lpips=None)


def _scores(case: Case, upscaler: Upscaler, look: LookDistance | None) -> tuple[float, ...]:
    """In the order of `_MEASURED`; 0 for what is not measured."""
    border = upscaler.scale
    truth_y, result_y = y_from_rgb(case.truth), upscaler.luma(case.low)
    result = upscaler.rgb(case.low)
    error_y = mse(truth_y, result_y, border)
    channels = [(case.truth[..., channel], result[..., channel]) for channel in range(3)]
    error_rgb = float(np.mean([mse(a, b, border) for a, b in channels]))
    ssim_rgb = float(np.mean([ssim(a, b, border) for a, b in channels]))
    seen = look(result, case.truth) if look else 0.0
    ssim_y = ssim(truth_y, result_y, border)
    return psnr_from_mse(error_y), ssim_y, error_y, psnr_from_mse(error_rgb), ssim_rgb, error_rgb, seen
