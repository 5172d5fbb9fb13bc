"""A network of our family in integers, computed exactly as the engine's kernels compute it.

An activation is a uint8 code times its step, a weight an int8 code times its channel's step. Sums are int32; they are
brought to the next layer's codes in FP32, rounded with halves to even and clipped, which is ReLU too.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

CODE_STEP = torch.tensor(1 / 255)
"""The step of the input: its codes are those of 8-bit video."""
LARGEST_CODE, LARGEST_WEIGHT = 255, 127


@dataclass(frozen=True, eq=False)
class QuantisedConv:
    """A convolution of codes to int32 sums, stride 1, zero padding."""

    weight: Tensor  # int8 [O, I, k, k], -127..127
    weight_step: Tensor  # float32 [O]
    bias: Tensor  # int32 [O], in `product_step`
    input_step: Tensor  # float32 []

    @property
    def product_step(self) -> Tensor:
        """float32 [O]: what one of the sum is worth."""
        return self.input_step * self.weight_step

    def sums(self, codes: Tensor) -> Tensor:
        """[N, I, H, W] -> [N, O, H, W], whole numbers in float32."""
        weight, bias = self.weight.double(), self.bias.double()  # float64 adds whole numbers without rounding
        return F.conv2d(codes.double(), weight, bias, padding=weight.shape[-1] // 2).float()

    def values(self, codes: Tensor) -> Tensor:
        """[N, I, H, W] -> [N, O, H, W] float32."""
        return self.sums(codes) * channelwise(self.product_step)


@dataclass(frozen=True, eq=False)
class QuantisedSR:
    """`PlainSR` in integers; the input is added in FP32."""

    hidden: tuple[QuantisedConv, ...]
    steps: tuple[Tensor, ...]  # float32 [] each, of the hidden layers' codes
    tail: QuantisedConv
    scale: int

    def __call__(self, x: Tensor) -> Tensor:
        """[N, 1, H, W] in 0..1 -> [N, 1, scale*H, scale*W], not clipped."""
        codes = [codes_of(x, CODE_STEP)]
        for index, (conv, step) in enumerate(zip(self.hidden, self.steps, strict=True)):
            scaled = F.relu(conv.sums(codes[-1]) * channelwise(conv.product_step / step))
            if index == len(self.hidden) - 1:  # codes[1] are the head's
                scaled = scaled + codes[1] * (self.steps[0] / step)
            codes.append(clipped(scaled))
        return F.pixel_shuffle(self.tail.values(codes[-1]) + x, self.scale)


def codes_of(values: Tensor, step: Tensor) -> Tensor:
    """The nearest codes, 0..255, as whole numbers in float32."""
    return clipped(values / step)


def clipped(scaled: Tensor) -> Tensor:
    """Rounded with halves to even, 0..255."""
    return scaled.round().clamp(0, LARGEST_CODE)


def channelwise(values: Tensor) -> Tensor:
    """[C] -> [1, C, 1, 1]."""
    return values[:, None, None]
