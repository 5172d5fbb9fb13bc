"""Blur: with a given kernel, and with kernels drawn as Real-ESRGAN draws them; motion and shifts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from . import kernels
from .kernels import Kernel
from .picture import Picture, Range, clipped

_SHAPES = ("gaussian", "generalised", "plateau")


def blur(picture: Picture, kernel: Kernel) -> Picture:
    """Convolution, mirrored at the borders without repeating the border pixel."""
    turned = np.ascontiguousarray(kernel[::-1, ::-1])  # OpenCV correlates
    return clipped(np.asarray(cv2.filter2D(picture, -1, turned, borderType=cv2.BORDER_REFLECT_101)))


@dataclass(frozen=True)
class RandomBlur:
    """A kernel of one of Real-ESRGAN's families; the defaults are those of its first stage.

    `isotropic` and `anisotropic` are the chances of a Gaussian, a generalised Gaussian and a plateau in that order.
    """

    sizes: tuple[int, ...] = (7, 9, 11, 13, 15, 17, 19, 21)
    isotropic: tuple[float, float, float] = (0.45, 0.12, 0.12)
    anisotropic: tuple[float, float, float] = (0.25, 0.03, 0.03)
    sigma: Range = (0.2, 3.0)
    beta_generalised: Range = (0.5, 4.0)
    beta_plateau: Range = (1.0, 2.0)
    sinc_chance: float = 0.1  # instead of all these

    def __call__(self, picture: Picture, rng: np.random.Generator) -> Picture:
        """The picture, blurred."""
        return blur(picture, self.kernel(rng))

    def kernel(self, rng: np.random.Generator) -> Kernel:
        """[k, k], k one of `sizes`."""
        size = int(rng.choice(self.sizes))
        if rng.random() < self.sinc_chance:
            return random_sinc(size, rng, lowest=math.pi / 3 if size < 13 else math.pi / 5)
        chances = np.array([self.isotropic, self.anisotropic])
        drawn = int(rng.choice(chances.size, p=chances.ravel() / chances.sum()))
        turned, shape = divmod(drawn, len(_SHAPES))
        sigma_x = rng.uniform(*self.sigma)
        sigma_y = rng.uniform(*self.sigma) if turned else sigma_x
        angle = rng.uniform(-math.pi, math.pi) if turned else 0.0
        if _SHAPES[shape] == "gaussian":
            return kernels.gaussian(size, sigma_x, sigma_y, angle)
        if _SHAPES[shape] == "generalised":
            return kernels.generalised_gaussian(size, sigma_x, sigma_y, angle, _beta(self.beta_generalised, rng))
        return kernels.plateau(size, sigma_x, sigma_y, angle, _beta(self.beta_plateau, rng))


@dataclass(frozen=True)
class RandomMotionBlur:
    """A camera that moves evenly in any direction; `length` in pixels."""

    length: Range = (1.0, 8.0)

    def __call__(self, picture: Picture, rng: np.random.Generator) -> Picture:
        """The picture, blurred along a line."""
        return blur(picture, kernels.motion(rng.uniform(*self.length), rng.uniform(0.0, math.pi)))


@dataclass(frozen=True)
class RandomShift:
    """Low- and high-resolution pictures that do not lie exactly on each other: `most` pixels along each axis."""

    most: float = 1.0

    def __call__(self, picture: Picture, rng: np.random.Generator) -> Picture:
        """The picture, moved by part of a pixel."""
        rows, columns = rng.uniform(-self.most, self.most, 2)
        return blur(picture, kernels.shift(float(rows), float(columns)))


def random_sinc(size: int, rng: np.random.Generator, lowest: float = math.pi / 3) -> Kernel:
    """A sinc kernel whose cutoff lies between `lowest` and pi."""
    return kernels.sinc(size, rng.uniform(lowest, math.pi))


def _beta(between: Range, rng: np.random.Generator) -> float:
    """Evenly below 1 or evenly above 1, either as often, so that both kinds of shape are seen."""
    low, high = between
    return rng.uniform(low, 1.0) if rng.random() < 0.5 else rng.uniform(1.0, high)
