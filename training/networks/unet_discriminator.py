"""The U-Net discriminator of Real-ESRGAN (Wang et al., ICCVW 2021): every pixel gets its own verdict."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from .network import conv


class UNetDiscriminatorSN(nn.Module):
    """Three halvings and back, spectral normalisation in all layers but the first and the last."""

    def __init__(self, channels: int = 3, features: int = 64) -> None:
        super().__init__()
        f = features
        self.head = conv(channels, f)
        self.down = nn.ModuleList(
            spectral_norm(nn.Conv2d(f * i, f * 2 * i, 4, stride=2, padding=1, bias=False)) for i in (1, 2, 4)
        )
        self.up = nn.ModuleList(spectral_norm(conv(f * 2 * i, f * i, bias=False)) for i in (4, 2, 1))
        self.tail = nn.ModuleList(spectral_norm(conv(f, f, bias=False)) for _ in range(2))
        self.verdict = conv(f, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] in 0..1, H and W multiples of 8 -> logits [N, 1, H, W] of being a photograph."""
        features = [_act(self.head(x))]  # [N, F, H, W]
        for halve in self.down:
            features.append(_act(halve(features[-1])))  # at last [N, 8F, H/8, W/8]
        y = features.pop()
        for reduce in self.up:
            enlarged = F.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False)
            y = _act(reduce(enlarged)) + features.pop()
        for layer in self.tail:
            y = _act(layer(y))
        logits: Tensor = self.verdict(y)
        return logits


def _act(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)
