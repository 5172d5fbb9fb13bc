"""EDSR: residual blocks without batch normalisation (Lim et al., CVPRW 2017)."""

from __future__ import annotations

from torch import Tensor, nn

from .network import Network, conv, div2k_mean, upsampler


class EDSR(Network):
    """32 blocks of 256 features; the baseline has 16 of 64, and a residual scale of 1."""

    mean: Tensor

    def __init__(
        self, scale: int, channels: int = 3, features: int = 256, blocks: int = 32, residual_scale: float = 0.1
    ) -> None:
        super().__init__(scale, channels)
        self.register_buffer("mean", div2k_mean(channels), persistent=False)
        self.head = nn.Sequential(conv(channels, features))
        self.body = nn.Sequential(*(ResidualBlock(features, residual_scale) for _ in range(blocks)))
        self.body.append(conv(features, features))
        self.tail = nn.Sequential(upsampler(features, scale), conv(features, channels))

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]; inside, values are codes 0..255 without their mean."""
        first: Tensor = self.head((x - self.mean) * 255.0)  # [N, F, H, W]
        y: Tensor = self.tail(first + self.body(first))
        return y / 255.0 + self.mean


class ResidualBlock(nn.Module):
    """x + residual_scale * conv(relu(conv(x)))."""

    def __init__(self, features: int, residual_scale: float, kernel: int = 3) -> None:
        super().__init__()
        self.residual_scale = residual_scale
        self.body = nn.Sequential(conv(features, features, kernel), nn.ReLU(), conv(features, features, kernel))

    def forward(self, x: Tensor) -> Tensor:
        """[N, F, H, W] -> [N, F, H, W]."""
        y: Tensor = self.body(x)
        return x + self.residual_scale * y
