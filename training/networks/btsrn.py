"""BTSRN: residual stages before and after the enlargement (Fan et al., CVPRW 2017)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from .network import Network, conv


class BTSRN(Network):
    """6 residual blocks on the small picture, 4 on the large one, and one between the two doublings at x4.

    The widths, 128 features projected to 32, are those that give the 410 K parameters reported of it.
    """

    def __init__(
        self, scale: int, channels: int = 3, features: int = 128, projected: int = 32, blocks: tuple[int, int] = (6, 4)
    ) -> None:
        super().__init__(scale, channels)
        small, large = ([_Block(features, projected) for _ in range(count)] for count in blocks)
        enlarge: list[nn.Module] = [_Enlarge(features, scale)]
        if scale == 4:
            enlarge = [_Enlarge(features, 2), _Block(features, projected), _Enlarge(features, 2)]
        self.head = conv(channels, features, 1)
        self.body = nn.Sequential(*small, *enlarge, *large)
        self.tail = nn.Sequential(nn.ReLU(), conv(features, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]."""
        y: Tensor = self.tail(self.body(self.head(x)))
        return y


class _Block(nn.Module):
    """The projected convolution: 1x1 to fewer features, 3x3 back to all, activations before."""

    def __init__(self, features: int, projected: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.ReLU(), conv(features, projected, 1), nn.ReLU(), conv(projected, features))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return x + y


class _Enlarge(nn.Module):
    """The repeated features plus a transposed convolution of them, whose kernel is its stride."""

    def __init__(self, features: int, scale: int) -> None:
        super().__init__()
        self.scale = scale
        self.transposed = nn.ConvTranspose2d(features, features, scale, stride=scale)

    def forward(self, x: Tensor) -> Tensor:
        repeated = F.interpolate(x, scale_factor=float(self.scale), mode="nearest")
        y: Tensor = self.transposed(F.relu(x))
        return repeated + y
