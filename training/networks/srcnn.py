"""SRCNN: three convolutions after bicubic enlargement (Dong et al., IEEE TPAMI 38(2), 2016)."""

from __future__ import annotations

from torch import Tensor, nn

from .interpolation import Interpolation
from .network import Network, conv


class SRCNN(Network):
    """f1-f2-f3 are the kernels; the paper's are 9-1-5, 9-3-5 and 9-5-5 with 64 and 32 features."""

    def __init__(
        self,
        scale: int,
        channels: int = 1,
        kernels: tuple[int, int, int] = (9, 5, 5),
        features: tuple[int, int] = (64, 32),
    ) -> None:
        super().__init__(scale, channels)
        self.enlarge = Interpolation("bicubic", scale, channels)
        widths = (channels, *features, channels)
        first, second, third = (conv(widths[i], widths[i + 1], kernels[i]) for i in range(3))
        self.layers = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), third)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]."""
        y: Tensor = self.layers(self.enlarge(x))
        return y
