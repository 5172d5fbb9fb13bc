"""RDN: residual dense blocks whose outputs are all kept (Zhang et al., CVPR 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .network import Network, conv, upsampler


class RDN(Network):
    """D = 16 `blocks` of C = 8 `layers` with G = 64 new features each."""

    def __init__(
        self, scale: int, channels: int = 3, features: int = 64, blocks: int = 16, layers: int = 8, growth: int = 64
    ) -> None:
        super().__init__(scale, channels)
        self.head = conv(channels, features)
        self.second = conv(features, features)
        self.blocks = nn.ModuleList(_DenseBlock(features, layers, growth) for _ in range(blocks))
        self.fusion = nn.Sequential(conv(features * blocks, features, 1), conv(features, features))
        self.tail = nn.Sequential(upsampler(features, scale), conv(features, channels))

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]."""
        first: Tensor = self.head(x)  # [N, F, H, W]
        kept = [self.second(first)]
        for block in self.blocks:
            kept.append(block(kept[-1]))
        y: Tensor = self.tail(first + self.fusion(torch.cat(kept[1:], dim=1)))
        return y


class _DenseBlock(nn.Module):
    """Each layer sees the input and what all layers before it found; 1x1 brings it back to F features."""

    def __init__(self, features: int, layers: int, growth: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(conv(features + growth * layer, growth) for layer in range(layers))
        self.fusion = conv(features + growth * layers, features, 1)

    def forward(self, x: Tensor) -> Tensor:
        found = x
        for layer in self.layers:
            found = torch.cat([found, F.relu(layer(found))], dim=1)
        y: Tensor = self.fusion(found)
        return x + y
