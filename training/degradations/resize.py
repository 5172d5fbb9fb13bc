"""Resizing as it happens in the wild. For the papers' reduction, MATLAB's bicubic, see `imresize.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from .picture import Picture, Range, clipped

Method = Literal["area", "bilinear", "bicubic"]
_INTERPOLATION = {"area": cv2.INTER_AREA, "bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}
METHODS: tuple[Method, ...] = ("area", "bilinear", "bicubic")


def resize(picture: Picture, height: int, width: int, method: Method) -> Picture:
    """[H, W, ...] -> [height, width, ...], as OpenCV does it.

    Bilinear and bicubic (a = -0.75) do not widen their kernels to reduce, so they alias; area averages.
    """
    if picture.shape[:2] == (height, width):
        return picture
    return clipped(np.asarray(cv2.resize(picture, (width, height), interpolation=_INTERPOLATION[method])))


@dataclass(frozen=True)
class RandomResize:
    """Enlarged, reduced or left alone; the defaults are those of Real-ESRGAN's first stage.

    `chances` are for up, down and keep; the factor lies evenly between 1 and the far end of `factor`.
    """

    chances: tuple[float, float, float] = (0.2, 0.7, 0.1)
    factor: Range = (0.15, 1.5)

    def __call__(self, picture: Picture, rng: np.random.Generator) -> Picture:
        """The picture in another size."""
        height, width = picture.shape[:2]
        return self.around(picture, height, width, rng)

    def around(self, picture: Picture, height: int, width: int, rng: np.random.Generator) -> Picture:
        """The picture as a drawn multiple of height x width, whatever its size is."""
        direction = rng.choice(3, p=self.chances)
        low, high = ((1.0, self.factor[1]), (self.factor[0], 1.0), (1.0, 1.0))[direction]
        factor = rng.uniform(low, high)
        return resize(picture, max(1, int(height * factor)), max(1, int(width * factor)), random_method(rng))


def random_method(rng: np.random.Generator) -> Method:
    """Any of `METHODS`, each as often."""
    return METHODS[int(rng.integers(len(METHODS)))]
