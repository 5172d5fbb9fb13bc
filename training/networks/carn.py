"""CARN and CARN-M: cascades of cascades (Ahn et al., ECCV 2018)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .network import Network, conv, div2k_mean, upsampler

SCALES = (2, 3, 4)


class CARN(Network):
    """Three cascades of three residual blocks, and an upsampler for each of `SCALES`.

    `scale` says which of them `forward` uses; it may be set anew at any time, as training on all scales does.
    CARN-M is `mobile`: its blocks have group convolutions and those of one cascade share their weights.
    """

    mean: Tensor

    def __init__(self, scale: int, channels: int = 3, features: int = 64, *, mobile: bool = False) -> None:
        super().__init__(scale, channels)
        self.register_buffer("mean", div2k_mean(channels), persistent=False)
        groups, distinct = (4, 1) if mobile else (1, 3)
        self.head = conv(channels, features)
        cascades = [_Cascade(features, [_Block(features, groups) for _ in range(distinct)]) for _ in range(3)]
        self.body = _Cascade(features, cascades)
        self.upsamplers = nn.ModuleDict({str(s): upsampler(features, s, nn.ReLU, groups=groups) for s in SCALES})
        self.tail = conv(features, channels)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]."""
        features = self.body(self.head(x - self.mean))  # [N, F, H, W]
        y: Tensor = self.tail(self.upsamplers[str(self.scale)](features))
        return y + self.mean


class _Cascade(nn.Module):
    """Three blocks in a row; after each, 1x1 mixes the input and what all blocks so far gave.

    With fewer blocks than three, they are used in turn.
    """

    def __init__(self, features: int, blocks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.fusions = nn.ModuleList(conv(features * given, features, 1) for given in (2, 3, 4))

    def forward(self, x: Tensor) -> Tensor:
        gathered = y = x
        for index, fusion in enumerate(self.fusions):
            block = self.blocks[index % len(self.blocks)]
            gathered = torch.cat([gathered, block(y)], dim=1)
            y = F.relu(fusion(gathered))
        return y


class _Block(nn.Module):
    """Two 3x3 convolutions in a residual; when they are grouped, 1x1 mixes the groups."""

    def __init__(self, features: int, groups: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(features, features, groups=groups), nn.ReLU(), conv(features, features, groups=groups)
        )
        if groups > 1:
            self.body.extend([nn.ReLU(), conv(features, features, 1)])

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.body(x)
        return F.relu(x + y)
