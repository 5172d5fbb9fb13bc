"""A way of enlarging, whatever it is: what is measured."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...training.metrics import Plane

Rgb = NDArray[np.uint8]
"""[H, W, 3] R G B."""
Codes = NDArray[np.uint8]
"""[H, W]: luma."""
Frame = Callable[[], object]
"""Enlarges one more frame."""


@dataclass(frozen=True)
class Enlarged:
    """A picture made larger: its luma in BT.601 studio-range code values, [s*H, s*W], and the whole of it."""

    luma: Plane
    rgb: Rgb


class Way(Protocol):
    """One filter, or one network on one backend."""

    @property
    def title(self) -> str:
        """The filter or network, with its scale."""

    @property
    def backend(self) -> str:
        """What computes its frames."""

    @property
    def precision(self) -> str:
        """Of weights and activations; of a filter, its backend's name once more."""

    @property
    def name(self) -> str:
        """Title, and where there is a choice backend and precision; unique."""

    @property
    def kind(self) -> str:
        """`filter`, `framelift`, `given` or `published`."""

    @property
    def scale(self) -> int:
        """How many times larger a side gets."""

    @property
    def macs_per_pixel(self) -> int | None:
        """Multiply-accumulates of its convolutions per input pixel; None where that is not known."""

    def enlarge(self, low: Rgb) -> Enlarged:
        """A picture."""

    def opened(self, size: tuple[int, int], threads: int) -> AbstractContextManager[Frame]:
        """Ready for frames of `size` (width, height): luma, or RGB where the network works on that."""
