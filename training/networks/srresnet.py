"""SRResNet and the generator of SRGAN (Ledig et al., CVPR 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .network import Network, conv, upsampler


class SRResNet(Network):
    """9x9 ends, residual blocks with batch normalisation and PReLU, pixel shuffles."""

    def __init__(self, scale: int, channels: int = 3, features: int = 64, blocks: int = 16) -> None:
        super().__init__(scale, channels)
        self.head = nn.Sequential(conv(channels, features, 9), nn.PReLU())
        self.body = nn.Sequential(*(_Block(features) for _ in range(blocks)))
        self.body.extend([conv(features, features), nn.BatchNorm2d(features)])
        self.tail = nn.Sequential(upsampler(features, scale, nn.PReLU), conv(features, channels, 9))

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]."""
        first: Tensor = self.head(x)  # [N, F, H, W]
        y: Tensor = self.tail(first + self.body(first))
        return y


class SRGANGenerator(SRResNet):
    """SRResNet whose output is bounded by tanh; the paper's -1..1 is brought to 0..1."""

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W], within 0..1."""
        return 0.5 * (torch.tanh(super().forward(x)) + 1.0)


class _Block(nn.Module):
    def __init__(self, features: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            conv(features, features),
            nn.BatchNorm2d(features),
            nn.PReLU(),
            conv(features, features),
            nn.BatchNorm2d(features),
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return x + y
