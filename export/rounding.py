"""Rounding a layer's weights to integers so that its sums change least, not each weight by itself."""

from __future__ import annotations

import torch
from torch import Tensor

_DAMPING, _LEAST = 1e-4, 1e-12
"""Share of the mean variance added to each input's, and what is added at least: some features are always 0."""


def rounded(weight: Tensor, steps: Tensor, covariance: Tensor, largest: int) -> Tensor:
    """Integers [O, D] for `weight` [O, D] in `steps` [O]; inputs vary by `covariance` [D, D], all float64.

    One input after the other is rounded, those that vary most first, and the weights not yet rounded take over what
    they can of its error: the one update of least squares (OBQ: Frantar and Alistarh, NeurIPS 2022; in a fixed order
    for all rows: GPTQ, Frantar et al., ICLR 2023).
    """
    order = torch.argsort(covariance.diagonal(), descending=True, stable=True)
    added = _DAMPING * float(covariance.diagonal().mean()) + _LEAST
    damped = covariance + added * torch.eye(len(covariance), dtype=torch.float64)
    upper = torch.linalg.cholesky(torch.linalg.inv(damped[order][:, order]), upper=True)
    left, codes = weight[:, order], torch.zeros_like(weight)
    for column, source in enumerate(order.tolist()):
        wanted = left[:, column].clone()
        codes[:, source] = (wanted / steps).round().clamp(-largest, largest)
        error = (wanted - codes[:, source] * steps) / upper[column, column]
        left[:, column:] -= error[:, None] * upper[column, column:]
    return codes
