"""A network of our family as plain arrays: what the native kernel packs and what tells whether it can run a model.

    luma [N, 1, H, W], white = 1
      -> blocks of u x u pixels become u^2 channels (u = 1: nothing happens)
      -> convolutions, each but the last followed by ReLU or PReLU and, where a layer says so, by the addition of an
         earlier layer's output
      -> (u*scale)^2 sub-pixels, which become a plane [N, 1, scale*H, scale*W]
      -> plus the enlarged input: its nearest pixel, or bicubic

All convolutions have stride 1 and zeros beyond the edges. The shortcut repeats edge pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Shortcut = Literal["none", "nearest", "bicubic"]

KERNELS = (1, 3, 5)
SCALES = (2, 3, 4)
MAX_CHANNELS = 64
KEYS_A = -0.5
"""The coefficient of Keys' cubic convolution, as in MATLAB's imresize."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One convolution and what follows it. The arrays are C-contiguous and read-only.

    In INT8 an activation is a uint8 code times its layer's scale. With s_in, s_w[o] and s_out for the scales of a
    layer's input, weights and output, all arithmetic is
        accumulator[o] = sum of code * weight, + bias[o]                int32
        hidden:  v = max(float32(accumulator) * requant[o], 0)         s_in*s_w/s_out
                 v = v + float32(code of layer `add`) * add_factor     s_add/s_out; rounded twice, not fused
                 code = v rounded (halves to even), clipped to 0..255
        last:    value = float32(accumulator) * requant[o]             s_in*s_w
    """

    weight: NDArray[np.float32] | NDArray[np.int8]  # [O, I, k, k]
    bias: NDArray[np.float32] | NDArray[np.int32]  # [O]; int32 counts s_in*s_w[o]
    slope: NDArray[np.float32] | None  # [O], PReLU's below 0; None: ReLU in a hidden layer, nothing in the last
    add: int | None  # the earlier layer whose output (after its own addition) is added after the activation
    requant: NDArray[np.float32] | None  # [O], INT8 only
    add_factor: float | None  # INT8 with `add` only; a float32 value


@dataclass(frozen=True, eq=False)
class Stack:
    """The whole network. INT8 takes rint(255 * x) for its input, the 8-bit code itself; the shortcut takes x."""

    layers: tuple[Layer, ...]
    scale: int
    unshuffle: int  # the side of the blocks u
    shortcut: Shortcut
    cubic_a: float  # bicubic's coefficient; KEYS_A where there is no bicubic

    @property
    def int8(self) -> bool:
        """Whether weights are int8 and activations uint8; else all is float32."""
        return self.layers[0].requant is not None
