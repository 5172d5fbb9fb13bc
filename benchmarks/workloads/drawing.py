"""Pictures while they are drawn, and what all scenes draw with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
"""[H, W, 3] R G B."""
Picture = NDArray[np.float32]
"""[H, W, 3] R G B, 0..1."""
Box = tuple[slice, slice]
"""Rows and columns of a picture."""
Colour = tuple[float, float, float] | NDArray[np.float32]
"""R G B, 0..1; or of each pixel, in a shape that broadcasts to [H, W, 3]."""


def codes(picture: Picture) -> Rgb:
    """Rounded to 0..255."""
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def blend(picture: Picture, box: Box, share: NDArray[np.float32], colour: NDArray[np.float32]) -> None:
    """Cover `picture[box]` with `colour` ([3] or [h, w, 3]) by `share` [h, w], 0..1."""
    picture[box] += share[..., None] * (colour - picture[box])


def box_within(picture: Picture, left: float, top: float, right: float, bottom: float) -> Box:
    """The whole pixels of `picture` between these edges."""
    height, width = picture.shape[:2]
    return (
        slice(min(height, max(0, int(top))), max(0, min(height, int(bottom) + 1))),
        slice(min(width, max(0, int(left))), max(0, min(width, int(right) + 1))),
    )


def add_ellipse(picture: Picture, centre: tuple[float, float], radii: tuple[float, float], colour: Colour) -> None:
    """Centre and radii are x and y in pixels; the edge is smooth."""
    (x, y), (across, down) = centre, radii
    reach = 1 + 0.5 / min(radii)  # beyond it nothing is covered
    box = box_within(picture, x - reach * across, y - reach * down, x + reach * across, y + reach * down)
    rows, columns = np.arange(picture.shape[0])[box[0], None], np.arange(picture.shape[1])[box[1]]
    distance = np.hypot((columns - x) / across, (rows - y) / down).astype(np.float32)
    of_each = np.broadcast_to(np.asarray(colour, np.float32), picture.shape)[box]
    blend(picture, box, np.clip((1 - distance) * min(radii) + 0.5, 0, 1), of_each)


def noise(rng: np.random.Generator, height: int, width: int, slope: float) -> NDArray[np.float32]:
    """[height, width] noise of mean 0 and deviation 1 whose amplitude falls with frequency to the power `slope`."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    frequency[0, 0] = np.inf  # no mean
    phases = np.exp(2j * np.pi * rng.random(frequency.shape))
    values = np.fft.irfft2(phases / frequency**slope, (height, width))
    return np.asarray(values / values.std(), np.float32)


def add_grain(picture: Picture, seed: tuple[int, int], deviation: float) -> None:
    """White noise of `deviation` codes of 0..255 in each channel, another for each `seed`."""
    values = np.random.default_rng(seed).standard_normal(picture.shape, np.float32)
    picture += values * (deviation / 255)
