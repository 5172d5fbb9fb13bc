"""Wide still pictures, and a camera that pans and zooms over them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...training.imresize import cubic
from .clip import Clip
from .drawing import Picture, blend, noise
from .lettering import draw_text


def views(stage: Picture, clip: Clip, *, pan: float = 0.0, zoom: float = 0.0) -> Iterator[Picture]:
    """What the camera sees in each frame of `clip` of a `stage` at least as large.

    It goes `pan` pixels a frame, back and forth over the stage's width; `zoom` is the largest magnification beyond 1,
    reached and left again every 4 s.
    """
    height, width = stage.shape[:2]
    for number in range(clip.frames):
        magnified = 1 + zoom * (1 - np.cos(2 * np.pi * number / (4 * clip.rate))) / 2
        centre_x = clip.width / 2 + to_and_fro(number * pan, width - clip.width)
        rows = height / 2 - 0.5 + (np.arange(clip.height) + 0.5 - clip.height / 2) / magnified
        columns = centre_x - 0.5 + (np.arange(clip.width) + 0.5 - clip.width / 2) / magnified
        yield sampled(sampled(stage, rows, 0), columns, 1)


def to_and_fro(distance: float, room: float) -> float:
    """Where something is that has gone `distance` from one end of `room` to the other, back, and so on."""
    along = distance % (2 * room) if room else 0.0
    return min(along, 2 * room - along)


def sampled(picture: Picture, positions: NDArray[np.float64], axis: int) -> Picture:
    """One axis at fractional positions, by Keys' cubic; edges are repeated."""
    first = np.floor(positions).astype(np.int64) - 1
    shape = [-1 if i == axis else 1 for i in range(3)]
    parts = []
    for tap in range(4):
        weight = cubic(positions - (first + tap)).astype(np.float32).reshape(shape)
        parts.append(picture.take(first + tap, axis, mode="clip") * weight)
    return np.asarray(sum(parts[1:], parts[0]))


def natural_stage(clip: Clip) -> Picture:
    """What natural pictures have, half as wide again as the view of `clip`, by its seed.

    Texture at all scales, edges of things that hide each other, fine lines, lettering.
    """
    rng = np.random.default_rng(clip.seed)
    height, width = clip.height, clip.width + clip.width // 2
    light = 0.5 + 0.15 * noise(rng, height, width, 1.2)
    tint = np.stack([0.05 * noise(rng, height, width, 1.5) for _ in range(3)], axis=-1)
    stage = np.asarray(light[..., None] + tint, np.float32)
    _add_leaves(stage, rng)
    stage *= 1 + 0.08 * noise(rng, height, width, 1.0)[..., None]
    _add_lines(stage)
    _add_boards(stage, rng)
    return np.clip(stage, 0, 1)


def _add_leaves(stage: Picture, rng: np.random.Generator) -> None:
    """Discs that hide each other, of all sizes: the dead-leaves model (Lee, Mumford and Huang, IJCV 41, 2001)."""
    height, width = stage.shape[:2]
    smallest, largest = 2.5, height / 4
    for _ in range(height * width // 160):
        share = rng.random()  # radii with density proportional to 1 / r^3
        radius = (smallest**-2 + share * (largest**-2 - smallest**-2)) ** -0.5
        y, x = rng.random() * height, rng.random() * width
        colour = 0.1 + 0.75 * rng.random() + 0.06 * rng.standard_normal(3)
        reach = int(radius) + 2
        box = (slice(max(0, int(y) - reach), int(y) + reach), slice(max(0, int(x) - reach), int(x) + reach))
        rows, columns = np.arange(height)[box[0], None], np.arange(width)[box[1]]
        distance = np.hypot(rows - y, columns - x).astype(np.float32)
        blend(stage, box, np.clip(radius + 0.5 - distance, 0, 1), colour.astype(np.float32))


def _add_lines(stage: Picture) -> None:
    """A fan of thin lines, ever closer to each other."""
    height, width = stage.shape[:2]
    rows, columns = np.mgrid[:height, : width // 4].astype(np.float32)
    box = (slice(None), slice(width // 3, width // 3 + width // 4))
    lines = np.cos((columns + 0.3 * rows) * np.pi / (3 + 5 * rows / height))
    blend(stage, box, np.clip(4 * lines - 2.8, 0, 1) * (rows > height * 0.7), np.array((0.95, 0.95, 0.9), np.float32))


def _add_boards(stage: Picture, rng: np.random.Generator) -> None:
    """Boards with lettering of several sizes, dark on light and light on dark."""
    height, width = stage.shape[:2]
    words = ("FRAMELIFT", "ORIGINAL ART", "BUILT TO ENLARGE", "FINE LETTERING")
    for number, size in enumerate((8, 11, 15, 22, 9, 13)):
        top, left = int((0.06 + 0.15 * number) * height), int(rng.random() * width * 0.8)
        text = words[number % len(words)]
        ink, paper = (0.1, 0.92) if number % 2 else (0.95, 0.12)
        stage[top : top + 2 * size, left : left + (len(text) + 1) * size] = paper
        draw_text(stage, text, left + size / 2, top + size / 2, size, (ink, ink, ink))
