"""Display matrices: how a player turns a picture, and turning planes for containers that cannot say so.

A matrix is FFmpeg's: nine integers, 16.16 fixed point but for the last column (libavutil/display.h; ISO
14496-12 section 8.3.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ONE = 1 << 16


@dataclass(frozen=True)
class Turn:
    """`quarters` turns counter-clockwise, after a left-right flip if `flipped`."""

    quarters: int
    flipped: bool

    @property
    def swaps_axes(self) -> bool:
        """Whether width and height change places."""
        return self.quarters % 2 == 1

    def apply(self, plane: NDArray[np.generic]) -> NDArray[np.generic]:
        """A view of [H, W] as it is shown."""
        return np.rot90(plane[:, ::-1] if self.flipped else plane, self.quarters)


def degrees_of(matrix: tuple[int, ...] | None) -> int:
    """Degrees counter-clockwise, 0..359, that a matrix turns by."""
    if matrix is None:
        return 0
    return round(math.degrees(math.atan2(-matrix[1], matrix[0]))) % 360


def turn_of(matrix: tuple[int, ...] | None) -> Turn | None:
    """The turn a matrix asks for; None if it is not one of the eight that keep the pixel grid."""
    if matrix is None:
        return Turn(0, flipped=False)
    a, b, c, d = (round(matrix[i] / _ONE, 3) for i in (0, 1, 3, 4))
    return _TURNS.get((a, b, c, d))


# Rows (a, b), (c, d): a point (x, y) of the picture is shown at (a x + c y, b x + d y), y downwards.
_TURNS: dict[tuple[float, ...], Turn] = {
    (1, 0, 0, 1): Turn(0, flipped=False),
    (0, -1, 1, 0): Turn(1, flipped=False),
    (-1, 0, 0, -1): Turn(2, flipped=False),
    (0, 1, -1, 0): Turn(3, flipped=False),
    (-1, 0, 0, 1): Turn(0, flipped=True),
    (0, -1, -1, 0): Turn(3, flipped=True),
    (1, 0, 0, -1): Turn(2, flipped=True),
    (0, 1, 1, 0): Turn(1, flipped=True),
}
