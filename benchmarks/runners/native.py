"""The engine's own kernel, on each set of instructions this processor has: bytes in and out are part of it."""

from __future__ import annotations

from functools import partial

import numpy as np

from ...engine.fused import PRECISIONS, Fused, Precision, fast_paths
from ..networks import Network
from .base import Case, Codes, Runner


def cases() -> list[Case]:
    """Every path of every precision."""
    return [
        Case(f"native {path}", "native", precision, partial(_open, precision, path), path)
        for precision in reversed(PRECISIONS)
        for path in fast_paths(precision)
    ]


def _open(precision: Precision, path: str, network: Network, size: tuple[int, int], threads: int) -> Runner:
    stack = network.stack("int8" if precision == "int8" else "fp32")
    return _PlaneRunner(Fused(stack, precision, path, threads), network, size)


class _PlaneRunner:
    """Planes in and out; every frame is computed in full."""

    def __init__(self, fused: Fused, network: Network, size: tuple[int, int]) -> None:
        width, height = size
        self._fused = fused
        self._plane: Codes = np.zeros((height, width), np.uint8)
        self._large: Codes = np.empty((network.scale * height, network.scale * width), np.uint8)

    def take(self, plane: Codes) -> None:
        """See `Runner.take`."""
        self._plane = plane

    def run(self) -> None:
        """See `Runner.run`."""
        self._fused.run(self._plane, self._large, 255)

    def give(self) -> Codes:
        """See `Runner.give`."""
        return self._large
