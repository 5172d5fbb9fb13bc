"""What every published network here promises, and the parts that many of them share."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_DIV2K_RGB = (0.4488, 0.4371, 0.4040)
_DIV2K_LUMA = 0.4379  # of the same colour, in studio range


class Network(nn.Module):
    """An upscaler: [N, channels, H, W] in 0..1 -> [N, channels, scale*H, scale*W], not clipped, for any H and W.

    One channel is luma, three are RGB.
    """

    def __init__(self, scale: int, channels: int) -> None:
        super().__init__()
        self.scale, self.channels = scale, channels

    def collapse(self) -> Network:
        """The same function in as few layers as it needs, for export and inference."""
        return self


def conv(inputs: int, outputs: int, kernel: int = 3, *, groups: int = 1, bias: bool = True) -> nn.Conv2d:
    """A convolution that keeps the size of the picture: stride 1, zero padding, odd `kernel`."""
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=bias)


def upsampler(
    features: int, scale: int, activation: Callable[[], nn.Module] | None = None, *, groups: int = 1
) -> nn.Sequential:
    """[N, F, H, W] -> [N, F, scale*H, scale*W]: convolution and pixel shuffle, 2 and 3 in one step, 4 in two.

    `activation` makes what follows each shuffle.
    """
    layers: list[nn.Module] = []
    for step in (2, 2) if scale == 4 else (scale,):
        layers += [conv(features, features * step**2, groups=groups), nn.PixelShuffle(step)]
        layers += [activation()] if activation else []
    return nn.Sequential(*layers)


def div2k_mean(channels: int) -> Tensor:
    """[1, channels, 1, 1]: the mean colour of DIV2K's training pictures, which some networks subtract."""
    return torch.tensor(_DIV2K_RGB if channels == 3 else [_DIV2K_LUMA]).view(1, channels, 1, 1)


def pad_to_multiple(x: Tensor, multiple: int) -> Tensor:
    """Repeat the last row and column until height and width are multiples of `multiple`."""
    height, width = x.shape[-2:]
    return F.pad(x, (0, -width % multiple, 0, -height % multiple), mode="replicate")
