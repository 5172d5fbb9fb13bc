"""Our own family: a stack of plain 3x3 convolutions that is trained over-parameterised.

Every convolution is trained as k x k to `EXPANSION` channels, then 1 x 1 back, plus an identity in the body, and is
collapsed into one k x k kernel in each training step (SESR: Bhardwaj et al., MLSys 2022; ECBSR: Zhang et al., ACM MM
2021). What is exported is the collapsed stack: convolutions,
ReLU, two additions and one depth-to-space, which every runtime and a fused CPU kernel like.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .network import Network

EXPANSION = 128


class CollapsibleConv(nn.Module):
    """A linear block [N, C_in, H, W] -> [N, C_out, H, W] that equals one k x k convolution."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, *, identity: bool = False) -> None:
        super().__init__()
        self.expand = nn.Parameter(torch.empty(EXPANSION, channels_in, kernel, kernel))
        self.project = nn.Parameter(torch.empty(channels_out, EXPANSION))
        self.bias = nn.Parameter(torch.zeros(channels_out))
        self.identity = identity
        nn.init.xavier_normal_(self.expand)
        nn.init.xavier_normal_(self.project)

    def collapsed_weight(self) -> Tensor:
        """The one kernel [C_out, C_in, k, k] that this block equals, in FP32 whatever the activations are in."""
        with torch.autocast(self.expand.device.type, enabled=False):
            weight = torch.einsum("oe,eihw->oihw", self.project, self.expand)
        if self.identity:
            channels, _, kernel, _ = weight.shape
            eye = torch.eye(channels, device=weight.device, dtype=weight.dtype)
            centre = kernel // 2
            weight = weight + F.pad(eye[:, :, None, None], (centre, centre, centre, centre))
        return weight

    def forward(self, x: Tensor) -> Tensor:
        """The collapsed convolution, stride 1, zero padding."""
        kernel = self.expand.shape[-1]
        return F.conv2d(x, self.collapsed_weight(), self.bias, padding=kernel // 2)


class PlainSR(Network):
    """Luma [N, 1, H, W] in 0..1 -> [N, 1, scale*H, scale*W].

    A 5x5 head, `layers - 2` 3x3 convolutions, a 3x3 tail; ReLU between; the head's features are added
    before the tail and the input pixel to each of its scale^2 sub-pixels (the anchor).
    """

    def __init__(self, features: int, layers: int, scale: int, *, collapsed: bool = False) -> None:
        super().__init__(scale, channels=1)
        self.features, self.layers = features, layers
        conv = _plain_conv if collapsed else CollapsibleConv
        self.head = conv(1, features, 5)
        self.body = nn.ModuleList(conv(features, features, 3, identity=True) for _ in range(layers - 2))
        self.tail = conv(features, scale * scale, 3)
        if isinstance(self.tail, CollapsibleConv):
            with torch.no_grad():  # start at the anchor: large first errors kill every ReLU for good
                self.tail.project.mul_(0.01)

    def forward(self, x: Tensor) -> Tensor:
        """[N, 1, H, W] -> [N, 1, scale*H, scale*W], not clipped."""
        first = F.relu(self.head(x))  # [N, F, H, W]
        features = first
        for conv in self.body:
            features = F.relu(conv(features))
        residual = self.tail(features + first)  # [N, s*s, H, W]
        return F.pixel_shuffle(residual + x, self.scale)

    def collapse(self) -> PlainSR:
        """The same function as plain convolutions, for export and inference."""
        plain = PlainSR(self.features, self.layers, self.scale, collapsed=True)
        blocks = {name: block for name, block in self.named_modules() if isinstance(block, CollapsibleConv)}
        weights = {f"{name}.weight": block.collapsed_weight() for name, block in blocks.items()}
        biases = {f"{name}.bias": block.bias for name, block in blocks.items()}
        plain.load_state_dict(weights | biases)
        return plain.requires_grad_(False).eval()

    @property
    def macs_per_pixel(self) -> int:
        """Multiply-accumulates per input pixel."""
        f = self.features
        return 25 * f + 9 * f * f * (self.layers - 2) + 9 * f * self.scale**2

    @property
    def receptive_field(self) -> int:
        """Input pixels, per axis, that one output pixel depends on."""
        return 5 + 2 * (self.layers - 1)


def _plain_conv(channels_in: int, channels_out: int, kernel: int, *, identity: bool = False) -> nn.Conv2d:
    del identity  # it is in the collapsed kernel
    return nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2)
