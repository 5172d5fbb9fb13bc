"""A convolutional autoencoder with additive shortcuts on a bicubic enlargement.

The layout of 1,110,403 parameters that super-resolution tutorials share; additive shortcuts between mirrored layers
are those of RED-Net (Mao et al., NeurIPS 2016). The last layer is linear: a ReLU there can die for good.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from .interpolation import Interpolation
from .network import Network, conv


class Autoencoder(Network):
    """Two halvings by max-pooling and back, F, 2F and 4F features."""

    def __init__(self, scale: int, channels: int = 3, features: int = 64) -> None:
        super().__init__(scale, channels)
        f = features
        self.enlarge = Interpolation("bicubic", scale, channels)
        self.encode_full = _pair(channels, f)
        self.encode_half = _pair(f, 2 * f)
        self.bottleneck = nn.Sequential(conv(2 * f, 4 * f), nn.ReLU())
        self.decode_half = _pair(4 * f, 2 * f)
        self.decode_full = _pair(2 * f, f)
        self.tail = conv(f, channels)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]."""
        full: Tensor = self.encode_full(self.enlarge(x))  # [N, F, sH, sW]
        half: Tensor = self.encode_half(_halved(full))  # [N, 2F, sH/2, sW/2], rounded up
        quarter: Tensor = self.bottleneck(_halved(half))  # [N, 4F, sH/4, sW/4], rounded up
        half = half + self.decode_half(_as_large_as(half, quarter))
        full = full + self.decode_full(_as_large_as(full, half))
        y: Tensor = self.tail(full)
        return y


def _pair(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(conv(inputs, outputs), nn.ReLU(), conv(outputs, outputs), nn.ReLU())


def _halved(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 2, ceil_mode=True)


def _as_large_as(target: Tensor, x: Tensor) -> Tensor:
    """`x`, each value repeated, cut to the height and width of `target`, which may be odd."""
    height, width = target.shape[-2:]
    return F.interpolate(x, scale_factor=2.0, mode="nearest")[..., :height, :width]
