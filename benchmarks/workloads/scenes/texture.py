"""Cloth: swatches of stripes, weaves and rough fibre, near the finest that pixels can show, drifting slowly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..clip import Clip
from ..drawing import Picture, Rgb, codes, noise
from ..stage import views

_PAN = 0.6  # pixels a frame
_ACROSS, _DOWN = 6, 4  # swatches
_PITCHES = (2.4, 7.0)  # pixels from thread to thread, the least and the most


def texture(clip: Clip) -> Iterator[Rgb]:
    """The frames."""
    return map(codes, views(_cloth(clip), clip, pan=_PAN))


def _cloth(clip: Clip) -> Picture:
    """Half as wide again as the view."""
    rng = np.random.default_rng(clip.seed)
    height, width = clip.height, clip.width + clip.width // 2
    fibre = noise(rng, height, width, 0.5)
    cloth = np.empty((height, width, 3), np.float32)
    for number in range(_ACROSS * _DOWN):
        down, across = divmod(number, _ACROSS)
        box = np.s_[
            down * height // _DOWN : (down + 1) * height // _DOWN,
            across * width // _ACROSS : (across + 1) * width // _ACROSS,
        ]
        waves = _woven(rng, fibre[box], (across + down) % 3)
        colour = 0.35 + 0.3 * rng.random(3)
        cloth[box] = (1 + 0.4 * waves[..., None]) * colour
    return cloth


def _woven(rng: np.random.Generator, fibre: NDArray[np.float32], kind: int) -> NDArray[np.float32]:
    """About -1..1: stripes, a weave of two threads, or fibre alone."""
    pitch, angle = rng.uniform(*_PITCHES), rng.uniform(0, np.pi)
    rows, columns = np.indices(fibre.shape, np.float32)
    along = (columns * np.cos(angle) + rows * np.sin(angle)) * 2 * np.pi / pitch
    across = (rows * np.cos(angle) - columns * np.sin(angle)) * 2 * np.pi / pitch
    made = (np.cos(along), np.cos(along) * np.cos(across), 0.5 * fibre)[kind]
    return np.asarray(0.85 * made + 0.1 * fibre, np.float32)
