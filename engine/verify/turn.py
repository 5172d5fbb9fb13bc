"""Display matrices: how a player turns the picture.

A matrix is FFmpeg's (libavutil/display.h, ISO 14496-12 section 8.3.2): nine integers, of which the 16.16
fixed point numbers a, b, c, d at 0, 1, 3, 4 show the point (x, y) at (a x + c y, b x + d y), y downwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Linear = tuple[float, float, float, float]


def linear_part(matrix: tuple[int, ...] | None) -> Linear:
    """(a, b, c, d) to three decimals; the identity without a matrix. Its translation does not matter."""
    if matrix is None:
        return 1.0, 0.0, 0.0, 1.0
    a, b, c, d = (round(matrix[i] / 65536, 3) + 0.0 for i in (0, 1, 3, 4))
    return a, b, c, d


@dataclass(frozen=True)
class Turn:
    """A turn by quarters, perhaps mirrored: axes change places first, then columns and rows are reversed."""

    swaps_axes: bool
    reverses_columns: bool
    reverses_rows: bool

    @classmethod
    def none(cls) -> Turn:
        """The turn that changes nothing."""
        return cls(swaps_axes=False, reverses_columns=False, reverses_rows=False)

    @classmethod
    def of(cls, linear: Linear) -> Turn | None:
        """The turn a matrix asks for; None if it is not one of the eight that keep the pixel grid."""
        a, b, c, d = linear
        if b == c == 0 and abs(a) == abs(d) == 1:
            return cls(swaps_axes=False, reverses_columns=a < 0, reverses_rows=d < 0)
        if a == d == 0 and abs(b) == abs(c) == 1:
            return cls(swaps_axes=True, reverses_columns=c < 0, reverses_rows=b < 0)
        return None

    def apply(self, channels: NDArray[np.float32]) -> NDArray[np.float32]:
        """[channels, rows, columns] as it is shown."""
        turned = channels.swapaxes(1, 2) if self.swaps_axes else channels
        turned = turned[:, :, ::-1] if self.reverses_columns else turned
        return turned[:, ::-1, :] if self.reverses_rows else turned
