"""FSRCNN: shrink, map, expand, then one transposed convolution (Dong et al., ECCV 2016)."""

from __future__ import annotations

from torch import Tensor, nn

from .network import Network, conv


class FSRCNN(Network):
    """FSRCNN(d, s, m): (56, 12, 4) is FSRCNN, (32, 5, 1) is FSRCNN-s."""

    def __init__(self, scale: int, channels: int = 1, d: int = 56, s: int = 12, m: int = 4) -> None:
        super().__init__(scale, channels)
        self.body = nn.Sequential()
        for inputs, outputs, kernel in [(channels, d, 5), (d, s, 1), *[(s, s, 3)] * m, (s, d, 1)]:
            self.body.extend([conv(inputs, outputs, kernel), nn.PReLU(outputs)])
        self.tail = nn.ConvTranspose2d(d, channels, 9, stride=scale, padding=4, output_padding=scale - 1)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]."""
        y: Tensor = self.tail(self.body(x))
        return y
