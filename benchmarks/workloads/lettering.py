"""Letters as strokes with smooth edges: text in rendered clips, words on comparison pictures. No font is needed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .drawing import Picture, blend, box_within

Point = tuple[int, int]

# Each letter's lines, a space between them; a line's points are pairs of digits, x 0..4 and y 0 (top)..6.
_LINES = {
    "A": "062046 1434",
    "B": "06003041423303 3344453606",
    "C": "4130100105163645",
    "E": "40000646 0333",
    "F": "400006 0333",
    "G": "41301001051636454323",
    "I": "2026",
    "L": "000646",
    "M": "0600234046",
    "N": "06004640",
    "O": "103041453616050110",
    "R": "06003041423303 2346",
    "T": "0040 2026",
    "U": "000516364540",
    " ": "",
}
LETTERS = "".join(_LINES).strip()
_ADVANCE = 6  # units from letter to letter; a letter is 4 wide and 6 high
_STROKE = 0.9  # units


def draw_text(
    picture: Picture, text: str, left: float, top: float, height: float, colour: tuple[float, float, float]
) -> None:
    """Write `text`, made of `LETTERS` and spaces, into `picture`, `height` pixels high; what lies outside is cut."""
    unit = height / 6
    for place, letter in enumerate(text):
        x = left + place * _ADVANCE * unit
        box = box_within(picture, x - unit, top - unit, x + 5 * unit, top + 7 * unit)
        rows, columns = np.mgrid[box].astype(np.float32)
        distance = np.full(rows.shape, np.inf, np.float32)
        for a, b in _segments(letter):
            distance = np.minimum(distance, _distance((columns - x) / unit, (rows - top) / unit, a, b))
        blend(picture, box, np.clip((_STROKE / 2 - distance) * unit + 0.5, 0, 1), np.array(colour, np.float32))


def words(rng: np.random.Generator, length: int) -> str:
    """So many letters and spaces."""
    letters = [*LETTERS, *" " * 4]
    return "".join(letters[i] for i in rng.integers(len(letters), size=length))


def _segments(letter: str) -> Iterator[tuple[Point, Point]]:
    for line in _LINES[letter].split():
        yield from pairwise([(int(line[i]), int(line[i + 1])) for i in range(0, len(line), 2)])


def _distance(x: NDArray[np.float32], y: NDArray[np.float32], a: Point, b: Point) -> NDArray[np.float32]:
    """From each point to the segment from `a` to `b`."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    along = np.clip(((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy), 0, 1)
    return np.hypot(x - a[0] - along * dx, y - a[1] - along * dy).astype(np.float32)
