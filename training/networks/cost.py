"""What a network costs and how far it looks, found by running it."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from .network import Network

_SIDE = 24  # pixels; a multiple of all that networks divide their input by
_SIDES = (15, 31, 63, 127)


@torch.no_grad()
def macs_per_pixel(network: Network) -> int:
    """Multiply-accumulates of its convolutions for each input pixel, as it is exported; biases are not counted."""
    plain, macs = copy.deepcopy(network.collapse()), 0

    def count(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal macs
        # A transposed convolution uses its weights once for each pixel that it spreads, others for each they make.
        counted = inputs[0] if isinstance(layer, nn.ConvTranspose2d) else output
        macs += layer.get_parameter("weight").numel() * counted.shape[-2] * counted.shape[-1]

    for layer in plain.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            layer.register_forward_hook(count)
    plain.eval()(torch.zeros(1, plain.channels, _SIDE, _SIDE))
    return round(macs / _SIDE**2)


def receptive_field(network: Network) -> int | None:
    """Input pixels, per axis, that one output pixel depends on; None where it is 127 or more.

    Found with random weights, so that nothing that was trained to zero is missed, in a picture of growing size:
    the gradient of the pixels of its centre ends before the border where the picture is larger than the field.
    """
    for side in _SIDES:
        touched = _touched(network, side)
        reach = int((touched - side // 2).abs().max())
        if reach < side // 2:
            return 2 * reach + 1
    return None


def _touched(network: Network, side: int) -> Tensor:
    """The rows and columns of a picture of `side` x `side` that the sub-pixels of its centre depend on."""
    probe = _random_copy(network)
    x = torch.rand(1, network.channels, side, side, dtype=torch.float64, requires_grad=True)
    centre = slice(side // 2 * network.scale, (side // 2 + 1) * network.scale)
    (gradient,) = torch.autograd.grad(probe(x)[..., centre, centre].sum(), x)
    return gradient.abs().amax(dim=(0, 1)).nonzero()


def _random_copy(network: Network) -> Network:
    """With weights that keep values near 1, so that no gradient is rounded to zero on the way."""
    probe = copy.deepcopy(network.collapse()).double().eval()
    generator = torch.Generator().manual_seed(0)
    for parameter in probe.parameters():
        fan_in = max(1, parameter[0].numel()) if parameter.ndim > 1 else 1
        drawn = torch.rand(parameter.shape, generator=generator, dtype=torch.float64)
        parameter.requires_grad_(False).copy_(drawn * 2 / fan_in if parameter.ndim > 1 else drawn * 0.1)
    return probe
