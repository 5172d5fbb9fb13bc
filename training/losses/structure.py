"""Structural similarity as a loss."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

WINDOW, SIGMA = 11, 1.5
C1, C2 = 0.01**2, 0.03**2
"""For white = 1."""


def ssim_loss(result: Tensor, truth: Tensor) -> Tensor:
    """1 - SSIM of [N, C, H, W] in 0..1, the mean over channels and pictures, 0 for equal ones and at most 2.

    SSIM as Wang et al. define it (IEEE TIP 13(4), 2004) and `metrics.ssim` reports it: a Gaussian window of 11 x 11
    with sigma 1.5, where it fits whole. As a loss: Zhao et al., IEEE TCI 3(1), 2017. Raises ValueError for pictures
    that hold no window.
    """
    if min(result.shape[-2:]) < WINDOW:
        raise ValueError(f"SSIM needs {WINDOW} x {WINDOW} pixels, not {tuple(result.shape[-2:])}")
    mean_a, mean_b = _blur(result), _blur(truth)
    variance_a = _blur(result * result) - mean_a**2
    variance_b = _blur(truth * truth) - mean_b**2
    covariance = _blur(result * truth) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + C1) / (mean_a**2 + mean_b**2 + C1)
    structure = (2 * covariance + C2) / (variance_a + variance_b + C2)
    return 1.0 - (luminance * structure).mean()


def _blur(planes: Tensor) -> Tensor:
    """Each channel by itself: [N, C, H, W] -> [N, C, H - 10, W - 10]."""
    n, c, h, w = planes.shape
    x = torch.arange(WINDOW, dtype=planes.dtype, device=planes.device) - WINDOW // 2
    window = torch.exp(-(x**2) / (2 * SIGMA**2))
    window = window / window.sum()
    rows = F.conv2d(planes.reshape(n * c, 1, h, w), window.view(1, 1, -1, 1))
    return F.conv2d(rows, window.view(1, 1, 1, -1)).reshape(n, c, h - WINDOW + 1, w - WINDOW + 1)
