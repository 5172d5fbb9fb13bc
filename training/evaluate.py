"""PSNR-Y and SSIM on a folder of pictures, by the papers' protocol.

The picture is cropped to a multiple of the scale and reduced by MATLAB bicubic; a luma network sees the
reduced luma as 8-bit codes, as in a video; its output is clipped and rounded to codes; `scale` pixels
are cut off each border; the mean over the pictures is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import DataError
from .imresize import crop_to_multiple, imresize
from .metrics import WINDOW, Plane, psnr, ssim, y_from_rgb
from .photos import luma_codes, photo_paths, read_rgb

Rgb = NDArray[np.uint8]
UpscaleLuma = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""uint8 [H, W] codes -> uint8 [s*H, s*W] codes."""


@dataclass(frozen=True)
class Quality:
    """Means over `pictures` pictures."""

    pictures: int
    psnr_y: float
    ssim: float


@dataclass(frozen=True)
class Case:
    """A picture to be measured on: RGB, `low` is the truth's reduction."""

    name: str
    truth: Rgb
    low: Rgb


def truths(folder: Path, scale: int, multiple: int) -> Iterator[tuple[str, Rgb]]:
    """Name and RGB [H, W, 3] of each picture below `folder`, cropped to a `multiple`.

    Raises DataError for pictures that cannot be read, and for those too small to be measured without their border.
    """
    least = WINDOW + 2 * scale
    for path in photo_paths(folder):
        truth = crop_to_multiple(read_rgb(path), multiple)
        height, width = truth.shape[:2]
        if min(height, width) < least:
            raise DataError(f"of {path} {width} x {height} are left, allowed: {least} or more", "move it out")
        yield path.stem, truth


def clean_cases(folder: Path, scale: int) -> Iterator[Case]:
    """The pictures below `folder`, cropped to multiples of `scale`, and reduced by MATLAB bicubic. Raises DataError."""
    return (Case(name, truth, imresize(truth, 1 / scale)) for name, truth in truths(folder, scale, scale))


def evaluate(folder: Path, scale: int, upscale: UpscaleLuma) -> Quality:
    """Measure `upscale` on every picture below `folder`. Raises DataError."""
    return evaluate_from_rgb(folder, scale, lambda low: upscale(luma_codes(low)))


def evaluate_bicubic(folder: Path, scale: int) -> Quality:
    """The papers' baseline: MATLAB bicubic on RGB, rounded to codes, then its luma. Raises DataError."""
    return evaluate_from_rgb(folder, scale, lambda low: y_from_rgb(imresize(low, scale)))


def evaluate_from_rgb(folder: Path, scale: int, luma_from_low: Callable[[NDArray[np.uint8]], Plane]) -> Quality:
    """As `evaluate`; `luma_from_low` takes the reduced RGB [H, W, 3] and gives luma [s*H, s*W]. Raises DataError."""
    scores = []
    for case in clean_cases(folder, scale):
        truth, result = y_from_rgb(case.truth), luma_from_low(case.low)
        scores.append((psnr(truth, result, scale), ssim(truth, result, scale)))
    psnrs, ssims = np.array(scores).T
    return Quality(len(scores), float(psnrs.mean()), float(ssims.mean()))
