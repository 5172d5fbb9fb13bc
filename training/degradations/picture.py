"""What all degradations share: the picture, how two follow each other, and how codes become pictures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
"""[H, W] luma or [H, W, 3] RGB; 0..1, white = 1."""
Degradation = Callable[[Picture, np.random.Generator], Picture]
Range = tuple[float, float]
"""Least and most, drawn evenly between."""


def chain(*steps: Degradation) -> Degradation:
    """The steps one after the other; none of them leaves the picture as it is."""

    def degrade(picture: Picture, rng: np.random.Generator) -> Picture:
        for step in steps:
            picture = step(picture, rng)
        return picture

    return degrade


def sometimes(chance: float, step: Degradation) -> Degradation:
    """The step with probability `chance`, otherwise nothing."""

    def degrade(picture: Picture, rng: np.random.Generator) -> Picture:
        return step(picture, rng) if rng.random() < chance else picture

    return degrade


def from_codes(codes: NDArray[np.uint8]) -> Picture:
    """8-bit codes 0..255 of any shape as 0..1."""
    return codes.astype(np.float32) / np.float32(255)


def to_codes(picture: Picture) -> NDArray[np.uint8]:
    """The nearest 8-bit codes; what lies outside 0..1 is clipped."""
    codes: NDArray[np.uint8] = np.clip(np.rint(picture * np.float32(255)), 0, 255).astype(np.uint8)
    return codes


def clipped(values: NDArray[np.floating]) -> Picture:
    """As a picture: float32 in 0..1. Every degradation ends so, and any other may follow it."""
    picture: Picture = np.clip(values, 0.0, 1.0).astype(np.float32)
    return picture
