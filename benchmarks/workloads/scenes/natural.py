"""Natural pictures: a camera pans and zooms over a still scene, and balls move through the view on their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..clip import Clip
from ..drawing import Picture, Rgb, blend, codes
from ..stage import natural_stage, views

_PAN = 1.4  # pixels a frame
_ZOOM = 0.15


def natural(clip: Clip) -> Iterator[Rgb]:
    """The frames, as codes."""
    return map(codes, natural_pictures(clip))


def natural_pictures(clip: Clip) -> Iterator[Picture]:
    """The frames, for scenes that add something."""
    for picture, time in zip(views(natural_stage(clip), clip, pan=_PAN, zoom=_ZOOM), clip.seconds, strict=True):
        for ball in _BALLS:
            ball.draw(picture, time)
        yield picture


def painting(clip: Clip) -> Picture:
    """The first frame, in codes over 255: a still background for other scenes."""
    return next(natural(replace(clip, frames=1))).astype(np.float32) / np.float32(255)


@dataclass(frozen=True)
class _Ball:
    """A ball with rings that swings through the view; lengths are shares of the view's height and width."""

    radius: float
    seconds: tuple[float, float]  # a swing takes, across and down
    colour: tuple[float, float, float]

    def draw(self, picture: Picture, time: float) -> None:
        height, width = picture.shape[:2]
        x, y = (
            side * (0.5 + 0.4 * np.sin(2 * np.pi * time / s + self.radius))
            for side, s in zip((width, height), self.seconds, strict=True)
        )
        rows, columns = np.ogrid[:height, :width]
        distance = np.hypot(rows - y, columns - x).astype(np.float32)
        radius = self.radius * height
        rings = 0.6 + 0.4 * np.cos(distance * (12 * np.pi / radius))[..., None]
        whole = (slice(None), slice(None))
        blend(picture, whole, np.clip(radius + 0.5 - distance, 0, 1), rings * np.array(self.colour, np.float32))


_BALLS = (_Ball(0.11, (7.0, 3.1), (0.9, 0.35, 0.2)), _Ball(0.06, (4.3, 5.9), (0.25, 0.6, 0.95)))
