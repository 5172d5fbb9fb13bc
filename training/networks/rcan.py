"""RCAN: residual groups with channel attention (Zhang et al., ECCV 2018)."""

from __future__ import annotations

from torch import Tensor, nn

from .network import Network, conv, div2k_mean, upsampler


class RCAN(Network):
    """10 `groups` of 20 `blocks`; the attention squeezes 64 features to 4.

    Attention looks at the mean of the whole picture: tiles of one do not give what the whole gives.
    """

    mean: Tensor

    def __init__(
        self, scale: int, channels: int = 3, features: int = 64, groups: int = 10, blocks: int = 20, squeeze: int = 16
    ) -> None:
        super().__init__(scale, channels)
        self.register_buffer("mean", div2k_mean(channels), persistent=False)
        self.head = conv(channels, features)
        self.body = _Residual(
            *(
                _Residual(*(_attentive(features, squeeze) for _ in range(blocks)), conv(features, features))
                for _ in range(groups)
            ),
            conv(features, features),
        )
        self.tail = nn.Sequential(upsampler(features, scale), conv(features, channels))

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]; inside, values are codes 0..255 without their mean."""
        y: Tensor = self.tail(self.body(self.head((x - self.mean) * 255.0)))
        return y / 255.0 + self.mean


class _Residual(nn.Sequential):
    """x plus what its layers make of x."""

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = super().forward(x)
        return x + y


def _attentive(features: int, squeeze: int) -> nn.Module:
    return _Residual(conv(features, features), nn.ReLU(), conv(features, features), ChannelAttention(features, squeeze))


class ChannelAttention(nn.Module):
    """Weighs each feature map by a number in 0..1 that is found from the means of all."""

    def __init__(self, features: int, squeeze: int) -> None:
        super().__init__()
        narrow = features // squeeze
        self.weigh = nn.Sequential(conv(features, narrow, 1), nn.ReLU(), conv(narrow, features, 1), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        """[N, F, H, W] -> [N, F, H, W]."""
        weights: Tensor = self.weigh(x.mean(dim=(2, 3), keepdim=True))  # [N, F, 1, 1]
        return x * weights
