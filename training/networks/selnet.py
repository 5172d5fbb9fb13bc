"""SelNet: selection units instead of ReLU (Choi and Kim, CVPRW 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .network import Network, conv


class SelNet(Network):
    """21 convolutions with selection units, paired in residual units, a sub-pixel layer, and one to the picture.

    The split into layers follows the parameters reported at each scale: 974 K, 1159 K and 1417 K.
    """

    def __init__(self, scale: int, channels: int = 3, features: int = 64, units: int = 10) -> None:
        super().__init__(scale, channels)
        self.head = nn.Sequential(conv(channels, features), SelectionUnit(features))
        self.body = nn.Sequential(*(_ResidualUnit(features) for _ in range(units)))
        self.tail = nn.Sequential(conv(features, features * scale**2), nn.PixelShuffle(scale), conv(features, channels))

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]."""
        y: Tensor = self.tail(self.body(self.head(x)))
        return y


class SelectionUnit(nn.Module):
    """x * sigmoid(1x1 convolution of relu(x)): a learned switch decides what passes, where ReLU looks at the sign."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.switch = conv(features, features, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[N, F, H, W] -> [N, F, H, W]."""
        return x * torch.sigmoid(self.switch(F.relu(x)))


class _ResidualUnit(nn.Module):
    def __init__(self, features: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            conv(features, features), SelectionUnit(features), conv(features, features), SelectionUnit(features)
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return x + y
