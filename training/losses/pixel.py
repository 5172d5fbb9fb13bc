"""Losses of pixels and of their spectrum: [N, C, H, W] in 0..1, the network's result and the truth -> a scalar."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

CHARBONNIER_EPSILON = 1e-3
"""LapSRN's: errors of a quarter of an 8-bit code and less count as squares, larger ones as they are."""


def l1(result: Tensor, truth: Tensor) -> Tensor:
    """Mean absolute error."""
    return F.l1_loss(result, truth)


def l2(result: Tensor, truth: Tensor) -> Tensor:
    """Mean squared error, which PSNR is the logarithm of."""
    return F.mse_loss(result, truth)


def charbonnier(result: Tensor, truth: Tensor) -> Tensor:
    """Mean of sqrt(d^2 + epsilon^2), an L1 that is smooth at zero (LapSRN: Lai et al., CVPR 2017, section 3.2)."""
    return torch.sqrt((result - truth) ** 2 + CHARBONNIER_EPSILON**2).mean()


def fft(result: Tensor, truth: Tensor) -> Tensor:
    """L1 between the Fourier coefficients, real and imaginary parts alike (MIMO-UNet: Cho et al., ICCV 2021).

    The transform is not normalised, so that published weights hold: 0.1 there, 0.05 in SAFMN (Sun et al., ICCV 2023).
    It is computed in float32 at least: half precision does not hold the sum of a whole picture.
    """
    difference = result - truth
    if difference.dtype in {torch.float16, torch.bfloat16}:
        difference = difference.float()
    return torch.view_as_real(torch.fft.fft2(difference)).abs().mean()


def total_variation(picture: Tensor) -> Tensor:
    """Mean absolute difference of neighbours, down plus across: of the result alone, it keeps noise away.

    The anisotropic form of Rudin, Osher and Fatemi (Physica D 60, 1992), as used by Johnson et al. (ECCV 2016).
    """
    down = picture[..., 1:, :] - picture[..., :-1, :]
    across = picture[..., :, 1:] - picture[..., :, :-1]
    return down.abs().mean() + across.abs().mean()
