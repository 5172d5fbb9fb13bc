"""SPAN: attention without parameters, convolutions trained in branches (Wan et al., CVPRW 2024).

Its parts have the names of the published weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .network import Network, conv, div2k_mean

_GAIN = 2  # how many times wider the branch is inside
_BLOCKS = 6


class SPAN(Network):
    """Six attention blocks, whose first and last features are gathered; 52 features in the paper, 48 in its code."""

    mean: Tensor

    def __init__(self, scale: int, channels: int = 3, features: int = 52, *, collapsed: bool = False) -> None:
        super().__init__(scale, channels)
        self.register_buffer("mean", div2k_mean(channels), persistent=False)
        self.features = features
        layer = conv if collapsed else _BranchedConv
        self.conv_1 = layer(channels, features)
        for number in range(1, _BLOCKS + 1):
            self.add_module(f"block_{number}", _SPAB(features, collapsed=collapsed))
        self.conv_cat = conv(features * 4, features, 1)
        self.conv_2 = layer(features, features)
        self.upsampler = nn.Sequential(conv(features, channels * scale**2), nn.PixelShuffle(scale))

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]; what goes in becomes codes 0..255 without their mean."""
        first: Tensor = self.conv_1((x - self.mean) * 255.0)  # [N, F, H, W]
        outputs, early = [first], first
        for number in range(1, _BLOCKS + 1):
            output, early = self.get_submodule(f"block_{number}")(outputs[-1])
            outputs.append(output)
        gathered = torch.cat([first, self.conv_2(outputs[-1]), outputs[1], early], dim=1)
        y: Tensor = self.upsampler(self.conv_cat(gathered))
        return y

    def collapse(self) -> SPAN:
        """The same function with every branched convolution as a plain one."""
        plain = SPAN(self.scale, self.channels, self.features, collapsed=True)
        weights = {name: value for name, value in self.state_dict().items() if name in plain.state_dict()}
        for name, layer in self.named_modules():
            if isinstance(layer, _BranchedConv):
                weights[f"{name}.weight"], weights[f"{name}.bias"] = layer.collapsed()
        plain.load_state_dict(weights)
        return plain.requires_grad_(False).eval()


class _SPAB(nn.Module):
    """Three convolutions; their output, squashed to -0.5..0.5, weighs itself and the shortcut."""

    def __init__(self, features: int, *, collapsed: bool) -> None:
        super().__init__()
        layer = conv if collapsed else _BranchedConv
        self.c1_r, self.c2_r, self.c3_r = (layer(features, features) for _ in range(3))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The block's output, and its first activations."""
        early = F.silu(self.c1_r(x))
        y: Tensor = self.c3_r(F.silu(self.c2_r(early)))
        return (x + y) * (torch.sigmoid(y) - 0.5), early


class _BranchedConv(nn.Module):
    """A 3x3 convolution trained as the sum of 1x1, 3x3, 1x1 in a row and of a 1x1 shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.sk = conv(inputs, outputs, 1)
        self.conv = nn.Sequential(
            conv(inputs, inputs * _GAIN, 1), conv(inputs * _GAIN, outputs * _GAIN), conv(outputs * _GAIN, outputs, 1)
        )

    def collapsed(self) -> tuple[Tensor, Tensor]:
        """The weight [O, I, 3, 3] and bias [O] of the one convolution that this equals."""
        (first, first_bias), (middle, middle_bias), (last, last_bias), (shortcut, shortcut_bias) = (
            (layer.get_parameter("weight"), layer.get_parameter("bias")) for layer in (*self.conv, self.sk)
        )
        outer, inner = last[:, :, 0, 0], first[:, :, 0, 0]
        weight = torch.einsum("om,mnhw,ni->oihw", outer, middle, inner)
        bias = outer @ (middle.sum(dim=(2, 3)) @ first_bias + middle_bias) + last_bias
        return weight + F.pad(shortcut, (1, 1, 1, 1)), bias + shortcut_bias

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.collapsed()
        return F.conv2d(x, weight, bias, padding=1)
