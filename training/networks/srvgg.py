"""SRVGGNetCompact: the small networks of Real-ESRGAN (Wang et al., ICCVW 2021, and its later models).

Its parts have the names of the published weights.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from .network import Network, conv


class SRVGGNetCompact(Network):
    """A stack of 3x3 convolutions and PReLU, added to the repeated input.

    `layers` counts those between the first and the last: 32 in realesr-general-x4v3, 16 in animevideov3.
    """

    def __init__(self, scale: int, channels: int = 3, features: int = 64, layers: int = 32) -> None:
        super().__init__(scale, channels)
        self.body = nn.Sequential()
        for inputs in [channels, *[features] * layers]:
            self.body.extend([conv(inputs, features), nn.PReLU(features)])
        self.body.append(conv(features, channels * scale**2))

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]."""
        detail = F.pixel_shuffle(self.body(x), self.scale)
        return detail + F.interpolate(x, scale_factor=float(self.scale), mode="nearest")
