"""VDSR: twenty convolutions that add detail to a bicubic enlargement (Kim et al., CVPR 2016)."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from .interpolation import Interpolation
from .network import Network, conv


class VDSR(Network):
    """`layers` convolutions of 3x3 and 64 features, ReLU between; biases in RGB only, as in the published counts."""

    def __init__(self, scale: int, channels: int = 1, layers: int = 20, features: int = 64) -> None:
        super().__init__(scale, channels)
        self.enlarge = Interpolation("bicubic", scale, channels)
        widths = [channels, *[features] * (layers - 1), channels]
        self.body = nn.Sequential()
        for inputs, outputs in pairwise(widths):
            layer = conv(inputs, outputs, bias=channels == 3)
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            self.body.extend([layer, nn.ReLU()])
        del self.body[-1]  # the detail has both signs

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]."""
        enlarged: Tensor = self.enlarge(x)
        detail: Tensor = self.body(enlarged)
        return enlarged + detail
