"""A trained network to integers, by what its layers do on a few pictures; nothing is trained.

Layer by layer, each on what the integer layers before it give: the weights are rounded so that the sums change least
(`rounding`), the bias takes over what is left of the mean, and the activation's step is the one whose codes have the
least squared error against the trained network.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..training.errors import ResultError
from ..training.networks.plain import PlainSR
from .quantised import CODE_STEP, LARGEST_CODE, LARGEST_WEIGHT, QuantisedConv, QuantisedSR, codes_of
from .rounding import rounded

_KEPT = torch.linspace(0.4, 1.0, 61)
"""Shares of an activation's range that are tried; what lies above is clipped."""
_LARGEST_BIAS = 2**24


@torch.no_grad()
def quantise(network: PlainSR, x: Tensor) -> QuantisedSR:
    """The network in integers, calibrated on pictures `x` [N, 1, H, W], 8-bit codes over 255.

    The same pictures give the same integers. Raises ResultError where the network gives no finite numbers.
    """
    plain = network.collapse()
    *layers, tail = (layer for layer in plain.modules() if isinstance(layer, nn.Conv2d))
    true, steps = [x], [CODE_STEP]  # what each layer gives in FP32; the steps of its codes
    codes, hidden = [codes_of(x, CODE_STEP)], []
    for index, layer in enumerate(layers):
        conv = _quantised(layer, codes[-1], steps[-1], true[-1])
        wanted, values = F.relu(layer(true[-1])), F.relu(conv.values(codes[-1]))
        if index == len(layers) - 1:
            wanted, values = wanted + true[1], values + codes[1] * steps[1]
        hidden.append(conv)
        true.append(wanted)
        steps.append(_best_step(values, wanted))
        codes.append(codes_of(values, steps[-1]))
    last = _quantised(tail, codes[-1], steps[-1], true[-1])
    return QuantisedSR(tuple(hidden), tuple(steps[1:]), last, plain.scale)


def _quantised(layer: nn.Conv2d, codes: Tensor, step: Tensor, true: Tensor) -> QuantisedConv:
    """The layer for the input `codes` * `step`, where it had `true`."""
    wanted = layer(true).mean(dim=(0, 2, 3)).double()
    if not torch.isfinite(wanted).all():
        raise ResultError("the network gives numbers that are not finite", "look at the training log")
    mean, covariance = _moments(codes.double() * step.double(), layer.weight.shape[-1])
    weight_step = _weight_step(layer, step)
    steps = weight_step.double()
    weight = rounded(layer.weight.flatten(1).double(), steps, covariance, LARGEST_WEIGHT)
    bias = (wanted - (weight @ mean) * steps) / (step * weight_step).double()
    shaped = weight.reshape(layer.weight.shape).to(torch.int8)
    return QuantisedConv(shaped, weight_step, bias.round().to(torch.int32), step)


def _weight_step(layer: nn.Conv2d, input_step: Tensor) -> Tensor:
    """[O]: the largest weight is the largest code, or the bias would not fit; 1 where all is 0."""
    assert layer.bias is not None
    by_weight = layer.weight.abs().amax(dim=(1, 2, 3)) / LARGEST_WEIGHT
    by_bias = layer.bias.abs() / (input_step * _LARGEST_BIAS)
    step = torch.maximum(by_weight, by_bias)
    return torch.where(step > 0, step, torch.ones_like(step))


def _moments(values: Tensor, kernel: int) -> tuple[Tensor, Tensor]:
    """Mean [D] and covariance [D, D] of what a kernel sees of `values` [N, I, H, W]; D = I * kernel^2."""
    depth = values.shape[1] * kernel**2
    total, squares, count = torch.zeros(depth).double(), torch.zeros(depth, depth).double(), 0
    for picture in values:
        seen = F.unfold(picture[None], kernel, padding=kernel // 2)[0]  # [D, H*W]
        total, squares, count = total + seen.sum(1), squares + seen @ seen.T, count + seen.shape[1]
    mean = total / count
    return mean, squares / count - torch.outer(mean, mean)


def _best_step(values: Tensor, wanted: Tensor) -> Tensor:
    """The step whose codes for `values` [N, C, H, W] come closest to `wanted`."""
    largest = values.max()
    if largest == 0:
        return CODE_STEP
    steps = _KEPT * largest / LARGEST_CODE
    errors = torch.stack([F.mse_loss(codes_of(values, step) * step, wanted) for step in steps])
    return steps[errors.argmin()]
