"""Real-ESRGAN's second-order degradation: twice blur, resize, noise and JPEG, with ringing at the end.

Wang et al., "Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data", ICCVW 2021. The
probabilities and ranges are those it was trained with at x4. Ours differs in that JPEG is libjpeg at whole qualities
(theirs is an approximation of it on the GPU), resizing is OpenCV's, and each step clips to 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .blur import RandomBlur, blur, random_sinc
from .jpeg import RandomJpeg
from .noise import RandomNoise
from .picture import Picture, from_codes, to_codes
from .resize import RandomResize, random_method, resize


@dataclass(frozen=True)
class Stage:
    """Blur, resize, noise and JPEG in that order."""

    blur_chance: float
    blur: RandomBlur
    resize: RandomResize
    noise: RandomNoise
    jpeg: RandomJpeg


FIRST_STAGE = Stage(1.0, RandomBlur(), RandomResize(), RandomNoise(), RandomJpeg())
SECOND_STAGE = Stage(
    blur_chance=0.8,
    blur=RandomBlur(sigma=(0.2, 1.5)),
    resize=RandomResize(chances=(0.3, 0.4, 0.3), factor=(0.3, 1.2)),
    noise=RandomNoise(sigma=(1.0, 25.0), poisson_scale=(0.05, 2.5)),
    jpeg=RandomJpeg(),
)


@dataclass(frozen=True)
class SecondOrder:
    """A picture [s*H, s*W, ...] -> its degraded reduction [H, W, ...], in whole 8-bit codes."""

    scale: int
    first: Stage = FIRST_STAGE
    second: Stage = SECOND_STAGE
    final_sinc_chance: float = 0.8
    final_sinc_sizes: tuple[int, ...] = RandomBlur.sizes

    def __call__(self, picture: Picture, rng: np.random.Generator) -> Picture:
        """Reduced and degraded."""
        height, width = picture.shape[0] // self.scale, picture.shape[1] // self.scale
        low = self._first(picture, rng)
        if rng.random() < self.second.blur_chance:
            low = self.second.blur(low, rng)
        low = self.second.resize.around(low, height, width, rng)
        low = self.second.noise(low, rng)
        if rng.random() < 0.5:  # ringing before the last compression, or after it
            low = self.second.jpeg(self._finish(low, height, width, rng), rng)
        else:
            low = self._finish(self.second.jpeg(low, rng), height, width, rng)
        return from_codes(to_codes(low))

    def _first(self, picture: Picture, rng: np.random.Generator) -> Picture:
        stage = self.first
        if rng.random() < stage.blur_chance:
            picture = stage.blur(picture, rng)
        return stage.jpeg(stage.noise(stage.resize(picture, rng), rng), rng)

    def _finish(self, low: Picture, height: int, width: int, rng: np.random.Generator) -> Picture:
        """The size it is wanted in, then ringing."""
        low = resize(low, height, width, random_method(rng))
        if rng.random() < self.final_sinc_chance:
            low = blur(low, random_sinc(int(rng.choice(self.final_sinc_sizes)), rng))
        return low
