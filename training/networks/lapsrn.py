"""LapSRN: a Laplacian pyramid that doubles the picture level by level (Lai et al., CVPR 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .network import Network, conv


class LapSRN(Network):
    """log2(scale) levels; each enlarges the features and the picture, and adds the detail found in the features."""

    def __init__(self, scale: int, channels: int = 1, features: int = 64, depth: int = 10) -> None:
        super().__init__(scale, channels)
        self.head = nn.Sequential(conv(channels, features), nn.LeakyReLU(0.2))
        levels = scale.bit_length() - 1
        self.levels = nn.ModuleList(_Level(channels, features, depth) for _ in range(levels))

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]."""
        return self.pyramid(x)[-1]

    def pyramid(self, x: Tensor) -> list[Tensor]:
        """The picture at 2, 4, ... times its size: the paper's loss is the sum over these."""
        features, pictures = self.head(x), [x]
        for level in self.levels:
            features, picture = level(features, pictures[-1])
            pictures.append(picture)
        return pictures[1:]


class _Level(nn.Module):
    def __init__(self, channels: int, features: int, depth: int) -> None:
        super().__init__()
        self.body = nn.Sequential()
        for _ in range(depth):
            self.body.extend([conv(features, features), nn.LeakyReLU(0.2)])
        enlarge = nn.ConvTranspose2d(features, features, 3, stride=2, padding=1, output_padding=1)
        self.body.extend([enlarge, nn.LeakyReLU(0.2)])
        self.detail = conv(features, channels)
        self.picture = nn.ConvTranspose2d(channels, channels, 4, stride=2, padding=1, groups=channels, bias=False)
        with torch.no_grad():  # starts as bilinear interpolation
            taps = torch.tensor([0.25, 0.75, 0.75, 0.25])
            self.picture.weight.copy_(torch.outer(taps, taps).expand_as(self.picture.weight))

    def forward(self, features: Tensor, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Both at twice their size: [N, F, 2H, 2W], [N, C, 2H, 2W]."""
        features = self.body(features)
        return features, self.picture(picture) + self.detail(features)
