"""Our network in torch, as somebody would write it there: plain convolutions, channels last."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from ....engine.stack import Layer, Stack
from ...networks import Network
from ...runners.base import TensorRunner, Values

_REACH = 2  # input pixels on each side that bicubic looks at


class TorchRunner(TensorRunner):
    """See `Runner`. `compiled` is by torch.compile, which takes its time for that here."""

    def __init__(self, network: Network, size: tuple[int, int], threads: int, *, compiled: bool) -> None:
        torch.set_num_threads(threads)
        module = StackModule(network.stack("fp32")).eval()
        module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # which its stubs lack
        forward = torch.compile(module) if compiled else module

        def function(x: Values) -> Values:
            with torch.inference_mode():
                made: Values = forward(torch.from_numpy(x).to(memory_format=torch.channels_last)).numpy()
            return made

        super().__init__(function, network, size)
        self.run()


class StackModule(nn.Module):
    """[N, 1, H, W] -> [N, 1, s*H, s*W], white = 1: an FP32 stack, see `engine.stack`."""

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self._stack = stack
        last = len(stack.layers) - 1
        self.layers = nn.ModuleList(
            nn.Sequential(_convolution(layer), _activation(layer, hidden=number < last))
            for number, layer in enumerate(stack.layers)
        )
        self.register_buffer("phases", _phases(stack.scale, stack.cubic_a))

    def forward(self, x: Tensor) -> Tensor:
        """All layers, the sub-pixels in place, and the shortcut."""
        features, made = F.pixel_unshuffle(x, self._stack.unshuffle), list[Tensor]()
        for own, layer in zip(self.layers, self._stack.layers, strict=True):
            features = own(features)
            if layer.add is not None:
                features = features + made[layer.add]
            made.append(features)
        larger = F.pixel_shuffle(features, self._stack.scale * self._stack.unshuffle)
        return larger if self._stack.shortcut == "none" else larger + self._enlarged(x)

    def _enlarged(self, x: Tensor) -> Tensor:
        if self._stack.shortcut == "nearest":
            return F.interpolate(x, scale_factor=float(self._stack.scale), mode="nearest")
        around = F.pad(x, (_REACH,) * 4, mode="replicate")
        return F.pixel_shuffle(F.conv2d(around, self.get_buffer("phases")), self._stack.scale)


def _convolution(layer: Layer) -> nn.Conv2d:
    made, taken, kernel, _ = layer.weight.shape
    convolution = nn.Conv2d(taken, made, kernel, padding=kernel // 2)
    convolution.load_state_dict({"weight": torch.tensor(layer.weight), "bias": torch.tensor(layer.bias)})
    return convolution


def _activation(layer: Layer, *, hidden: bool) -> nn.Module:
    if layer.slope is None:
        return nn.ReLU() if hidden else nn.Identity()
    activation = nn.PReLU(len(layer.slope))
    activation.load_state_dict({"weight": torch.tensor(layer.slope)})
    return activation


def _phases(scale: int, a: float) -> Tensor:
    """[s*s, 1, 5, 5]: the weights of bicubic for each sub-pixel of a pixel."""
    offsets = (np.arange(scale) + 0.5) / scale - 0.5
    taps = _cubic(offsets[:, None] - np.arange(-_REACH, _REACH + 1), a)
    weights = np.einsum("iy,jx->ijyx", taps, taps).reshape(scale**2, 1, *[2 * _REACH + 1] * 2)
    return torch.tensor(weights, dtype=torch.float32)


def _cubic(x: NDArray[np.float64], a: float) -> NDArray[np.float64]:
    """Keys' cubic convolution with coefficient `a` (IEEE TASSP 29(6), 1981), of which torch has -0.75 alone."""
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))
