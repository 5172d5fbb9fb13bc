"""Flat shapes move before a painted background; each drawing is shown twice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..clip import Clip
from ..drawing import Picture, Rgb, add_ellipse, codes
from .natural import painting

_HOLD = 2  # frames for which a drawing is shown: animators call it "on twos"


def animation(clip: Clip) -> Iterator[Rgb]:
    """The frames."""
    background = painting(clip)
    for number, time in enumerate(clip.seconds):
        if number % _HOLD == 0:
            drawing = codes(_drawing(background, time))
        yield drawing


def _drawing(background: Picture, time: float) -> Picture:
    """Flat shapes with dark outlines, at their places."""
    picture = background.copy()
    height, width = picture.shape[:2]
    for size, period, colour in (
        (0.16, 3.0, (0.9, 0.3, 0.2)),
        (0.1, 2.2, (0.95, 0.8, 0.2)),
        (0.07, 1.6, (0.2, 0.5, 0.8)),
    ):
        x = width * (0.5 + 0.3 * np.sin(2 * np.pi * time / period + 10 * size))
        y = height * (0.75 - 0.25 * abs(np.sin(4 * np.pi * time / period)))
        radius = size * height
        add_ellipse(picture, (x, y), (radius + 2, radius + 2), (0.05, 0.05, 0.05))
        add_ellipse(picture, (x, y), (radius, radius), colour)
    return picture
