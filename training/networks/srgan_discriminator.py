"""The discriminator of SRGAN (Ledig et al., CVPR 2017)."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn


class SRGANDiscriminator(nn.Module):
    """Eight 3x3 convolutions, every second with stride 2, then 1024 dense features.

    `crop` is the side of the pictures it judges, a multiple of 16; the paper's is 96.
    """

    def __init__(self, channels: int = 3, crop: int = 96, features: int = 64) -> None:
        super().__init__()
        widths = [channels, *(features * width for width in (1, 1, 2, 2, 4, 4, 8, 8))]
        self.convolutions = nn.Sequential()
        for layer, (inputs, outputs) in enumerate(pairwise(widths)):
            self.convolutions.append(nn.Conv2d(inputs, outputs, 3, stride=1 + layer % 2, padding=1))
            self.convolutions.extend([nn.BatchNorm2d(outputs)] if layer else [])
            self.convolutions.append(nn.LeakyReLU(0.2))
        side = crop // 16
        self.dense = nn.Sequential(
            nn.Flatten(), nn.Linear(widths[-1] * side**2, 1024), nn.LeakyReLU(0.2), nn.Linear(1024, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, crop, crop] in 0..1 -> [N, 1]: the logit of being a photograph; the paper's sigmoid is the loss's."""
        logit: Tensor = self.dense(self.convolutions(x))
        return logit
