"""A head moves a little before a still wall, with a sensor's noise over all of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..clip import Clip
from ..drawing import Picture, Rgb, add_ellipse, add_grain, codes
from .natural import painting

_GRAIN = 1.0  # standard deviation, in codes of 0..255: a good camera, in good light


def camera(clip: Clip) -> Iterator[Rgb]:
    """The frames."""
    wall = painting(clip)
    for number, time in enumerate(clip.seconds):
        picture = wall.copy()
        x = clip.width * (0.5 + 0.02 * np.sin(2 * np.pi * time / 3.1))
        y = clip.height * (0.55 + 0.015 * np.sin(2 * np.pi * time / 1.7))
        _add_head(picture, x, y, clip.height / 4)
        add_grain(picture, (clip.seed, number), _GRAIN)
        yield codes(picture)


def _add_head(picture: Picture, x: float, y: float, size: float) -> None:
    """A head with eyes and a mouth, lit from the side, `size` pixels from its middle to its top."""
    light = 1 - 0.3 * (np.arange(picture.shape[1], dtype=np.float32) - x) / size
    skin = light[None, :, None] * np.array((0.75, 0.55, 0.45), np.float32)
    add_ellipse(picture, (x, y), (0.75 * size, size), skin)
    for across, down, wide, high in ((-0.3, -0.2, 0.12, 0.07), (0.3, -0.2, 0.12, 0.07), (0.0, 0.5, 0.25, 0.06)):
        centre, radii = (x + across * size, y + down * size), (wide * size, high * size)
        add_ellipse(picture, centre, radii, (0.2, 0.12, 0.12))
