"""RRDBNet: the generator of ESRGAN (Wang et al., ECCVW 2018) and Real-ESRGAN (Wang et al., ICCVW 2021).

Its parts have the names of the published weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .network import Network, conv, pad_to_multiple

_RESIDUAL_SCALE = 0.2


class RRDBNet(Network):
    """23 blocks of 64 features that grow by 32; 6 blocks in Real-ESRGAN's model for anime.

    It always enlarges by 4: at x2 the picture is first rearranged to half its size with four times the channels.
    """

    def __init__(self, scale: int, channels: int = 3, features: int = 64, blocks: int = 23, growth: int = 32) -> None:
        super().__init__(scale, channels)
        self.unshuffle = 4 // scale
        self.conv_first = conv(channels * self.unshuffle**2, features)
        self.body = nn.Sequential(*(_RRDB(features, growth) for _ in range(blocks)))
        self.conv_body = conv(features, features)
        self.conv_up1 = conv(features, features)
        self.conv_up2 = conv(features, features)
        self.conv_hr = conv(features, features)
        self.conv_last = conv(features, channels)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]."""
        if self.unshuffle == 1:
            return self._enlarged(x)
        height, width = x.shape[-2:]
        y = self._enlarged(F.pixel_unshuffle(pad_to_multiple(x, self.unshuffle), self.unshuffle))
        return y[..., : self.scale * height, : self.scale * width]

    def _enlarged(self, x: Tensor) -> Tensor:
        """[N, C', H, W] -> [N, C, 4*H, 4*W]."""
        first: Tensor = self.conv_first(x)  # [N, F, H, W]
        y = first + self.conv_body(self.body(first))
        for enlarge in (self.conv_up1, self.conv_up2):
            y = _act(enlarge(F.interpolate(y, scale_factor=2.0, mode="nearest")))
        enlarged: Tensor = self.conv_last(_act(self.conv_hr(y)))
        return enlarged


class _RRDB(nn.Module):
    """Three dense blocks in a residual."""

    def __init__(self, features: int, growth: int) -> None:
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (_DenseBlock(features, growth) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.rdb3(self.rdb2(self.rdb1(x)))
        return x + _RESIDUAL_SCALE * y


class _DenseBlock(nn.Module):
    """Five convolutions; each sees the input and what those before it found."""

    def __init__(self, features: int, growth: int) -> None:
        super().__init__()
        inputs = [features + growth * layer for layer in range(5)]
        self.conv1, self.conv2, self.conv3, self.conv4 = (conv(width, growth) for width in inputs[:4])
        self.conv5 = conv(inputs[4], features)
        for layer in self.children():
            if isinstance(layer, nn.Conv2d) and layer.bias is not None:  # the paper's smaller initialisation
                nn.init.kaiming_normal_(layer.weight)
                nn.init.zeros_(layer.bias)
                with torch.no_grad():
                    layer.weight.mul_(0.1)

    def forward(self, x: Tensor) -> Tensor:
        found = x
        for layer in (self.conv1, self.conv2, self.conv3, self.conv4):
            found = torch.cat([found, _act(layer(found))], dim=1)
        y: Tensor = self.conv5(found)
        return x + _RESIDUAL_SCALE * y


def _act(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)
