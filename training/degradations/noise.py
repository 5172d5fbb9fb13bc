"""Noise: of electronics (Gaussian) and of light (Poisson), in colour or the same in all channels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .picture import Picture, Range, clipped, from_codes, to_codes

_GREY = np.array([0.299, 0.587, 0.114], np.float32)  # BT.601


def gaussian_noise(picture: Picture, rng: np.random.Generator, sigma: float, *, grey: bool = False) -> Picture:
    """Independent noise with a standard deviation of `sigma` 8-bit codes; `grey`: the same in all channels."""
    shape = picture.shape[:2] if grey else picture.shape
    noise = rng.standard_normal(shape, np.float32) * np.float32(sigma / 255)
    return clipped(picture + _all_channels(noise, picture))


def poisson_noise(picture: Picture, rng: np.random.Generator, scale: float, *, grey: bool = False) -> Picture:
    """Shot noise, stronger where it is bright, times `scale`.

    Photons are counted as in scikit-image and Real-ESRGAN: white is as many as the picture has values, rounded up to
    a power of two. `grey`: counted on its luma, and the same in all channels.
    """
    light = picture @ _GREY if grey and picture.ndim == 3 else picture
    codes = to_codes(light)
    light = from_codes(codes)
    white = 2 ** math.ceil(math.log2(np.count_nonzero(np.bincount(codes.ravel()))))
    noise = (rng.poisson(light * white) / white - light).astype(np.float32)
    return clipped(picture + np.float32(scale) * _all_channels(noise, picture))


@dataclass(frozen=True)
class RandomNoise:
    """Gaussian or Poisson noise; the defaults are those of Real-ESRGAN's first stage. `sigma` is in 8-bit codes."""

    gaussian_chance: float = 0.5
    sigma: Range = (1.0, 30.0)
    poisson_scale: Range = (0.05, 3.0)
    grey_chance: float = 0.4

    def __call__(self, picture: Picture, rng: np.random.Generator) -> Picture:
        """The picture, noisier."""
        gaussian, grey = rng.random() < self.gaussian_chance, bool(rng.random() < self.grey_chance)
        if gaussian:
            return gaussian_noise(picture, rng, rng.uniform(*self.sigma), grey=grey)
        return poisson_noise(picture, rng, rng.uniform(*self.poisson_scale), grey=grey)


def _all_channels(noise: Picture, picture: Picture) -> Picture:
    """[H, W] noise as it is added to a picture of one or three channels."""
    return noise[..., None] if noise.ndim < picture.ndim else noise
