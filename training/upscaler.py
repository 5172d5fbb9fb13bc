"""Upscaling pictures with a luma or an RGB network, whatever runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from .imresize import imresize
from .metrics import Plane, rgb_from_luma, y_from_rgb
from .networks.network import Network
from .photos import luma_codes

Planes = NDArray[np.float32]
"""[1, C, H, W], white = 1."""
Codes = NDArray[np.uint8]


@dataclass(frozen=True)
class Upscaler:
    """A network of `channels` channels, 1 or 3, as a function on 8-bit pictures; its results are rounded to codes."""

    scale: int
    channels: int
    run: Callable[[Planes], Planes]

    def luma(self, low: Codes) -> Plane:
        """RGB [H, W, 3] -> luma [s*H, s*W] in codes, as the papers compare it: unrounded for an RGB network."""
        return self.codes(luma_codes(low)[None])[0] if self.channels == 1 else y_from_rgb(self.rgb(low))

    def rgb(self, low: Codes) -> Codes:
        """RGB [H, W, 3] -> [s*H, s*W, 3]; a luma network leaves colour to MATLAB bicubic."""
        if self.channels == 3:
            return np.moveaxis(self.codes(np.moveaxis(low, -1, 0)), 0, -1)
        return rgb_from_luma(self.luma(low), imresize(low, self.scale))

    def codes(self, planes: Codes) -> Codes:
        """What the network takes and gives: [C, H, W] -> [C, s*H, s*W]."""
        y = self.run(planes[None].astype(np.float32) / np.float32(255.0))[0]
        codes: Codes = np.rint(np.clip(y, 0.0, 1.0) * np.float32(255.0)).astype(np.uint8)
        return codes


def upscaler_of(network: Network) -> Upscaler:
    """A network, run by torch on the CPU."""
    plain = network.collapse().eval()

    @torch.no_grad()
    def run(x: Planes) -> Planes:
        y: Planes = plain(torch.from_numpy(np.ascontiguousarray(x))).numpy()
        return y

    return Upscaler(network.scale, network.channels, run)


def bicubic(scale: int) -> Upscaler:
    """The papers' baseline: MATLAB bicubic on RGB, rounded to codes."""

    def run(x: Planes) -> Planes:
        codes = np.moveaxis(np.rint(x[0] * np.float32(255.0)).astype(np.uint8), 0, -1)
        return np.moveaxis(imresize(codes, scale), -1, 0)[None].astype(np.float32) / np.float32(255.0)

    return Upscaler(scale, 3, run)
