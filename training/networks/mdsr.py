"""MDSR: one body for several scales (Lim et al., CVPRW 2017)."""

from __future__ import annotations

from torch import Tensor, nn

from .edsr import ResidualBlock
from .network import Network, conv, div2k_mean, upsampler

SCALES = (2, 3, 4)


class MDSR(Network):
    """80 blocks of 64 features, 16 in the baseline; two 5x5 blocks and an upsampler for each of `SCALES`.

    `scale` says which of them `forward` uses; it may be set anew at any time, as training on all scales does.
    """

    mean: Tensor

    def __init__(self, scale: int, channels: int = 3, features: int = 64, blocks: int = 80) -> None:
        super().__init__(scale, channels)
        self.register_buffer("mean", div2k_mean(channels), persistent=False)
        self.head = conv(channels, features)
        self.entry = nn.ModuleDict(
            {str(s): nn.Sequential(*(ResidualBlock(features, 1.0, 5) for _ in range(2))) for s in SCALES}
        )
        self.body = nn.Sequential(*(ResidualBlock(features, 1.0) for _ in range(blocks)), conv(features, features))
        self.upsamplers = nn.ModuleDict({str(s): upsampler(features, s) for s in SCALES})
        self.tail = conv(features, channels)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]; inside, values are codes 0..255 without their mean."""
        first: Tensor = self.entry[str(self.scale)](self.head((x - self.mean) * 255.0))  # [N, F, H, W]
        y: Tensor = self.tail(self.upsamplers[str(self.scale)](first + self.body(first)))
        return y / 255.0 + self.mean
