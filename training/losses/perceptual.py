"""The perceptual loss: distance between features of VGG19 (Johnson et al., ECCV 2016)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .vgg19 import PUBLISHED_SHA256, VGG19, load_vgg19


@dataclass(frozen=True)
class PerceptualSettings:
    """Which features are compared, how much each counts, and where VGG19's weights lie.

    The default is ESRGAN's (Wang et al., ECCVW 2018): the last features before their activation. Real-ESRGAN (Wang
    et al., ICCVW 2021) takes conv1_2, conv2_2, conv3_4, conv4_4, conv5_4 with 0.1, 0.1, 1, 1, 1; SRGAN relu5_4.
    """

    weights: str
    sha256: str = PUBLISHED_SHA256
    layers: dict[str, float] = field(default_factory=lambda: {"conv5_4": 1.0})

    def load(self) -> Perceptual:
        """The loss. Raises DataError for weights that cannot be used, SettingError for an unknown layer."""
        return Perceptual(load_vgg19(tuple(self.layers), Path(self.weights), self.sha256), self.layers)


class Perceptual(nn.Module):
    """RGB [N, 3, H, W] or luma [N, 1, H, W] in 0..1, the result and the truth -> a scalar.

    The sum over the layers of weight times L1 between the features, as in ESRGAN.
    """

    def __init__(self, vgg: VGG19, layers: dict[str, float]) -> None:
        super().__init__()
        self.vgg, self.layers = vgg, layers

    def forward(self, result: Tensor, truth: Tensor) -> Tensor:
        """The loss; its gradient reaches `result` only."""
        with torch.no_grad():
            wanted = self.vgg(truth)
        found = self.vgg(result)
        return torch.stack(
            [weight * F.l1_loss(found[name], wanted[name]) for name, weight in self.layers.items()]
        ).sum()
