"""ESPCN: three convolutions on the small picture and a sub-pixel shuffle (Shi et al., CVPR 2016)."""

from __future__ import annotations

from torch import Tensor, nn

from .network import Network, conv


class ESPCN(Network):
    """5x5 to 64, 3x3 to 32, 3x3 to the sub-pixels; tanh between."""

    def __init__(self, scale: int, channels: int = 1) -> None:
        super().__init__(scale, channels)
        self.layers = nn.Sequential(
            conv(channels, 64, 5),
            nn.Tanh(),
            conv(64, 32),
            nn.Tanh(),
            conv(32, channels * scale**2),
            nn.PixelShuffle(scale),
        )

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]."""
        y: Tensor = self.layers(x)
        return y
