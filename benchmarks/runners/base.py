"""What runs a network in the benchmark: bytes of luma in, the network, bytes of larger luma out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...engine._native import plane_from_tensor, tensor_from_plane
from ...engine.errors import ModelError
from ..networks import Network

Codes = NDArray[np.uint8]
"""[H, W]: an 8-bit plane."""
Values = NDArray[np.float32]
"""[1, 1, H, W]: white = 1."""


class Runner(Protocol):
    """A network made ready for planes of one size; the three calls in turn make one frame."""

    def take(self, plane: Codes) -> None:
        """[H, W] to the input the runtime takes."""

    def run(self) -> None:
        """The network."""

    def give(self) -> Codes:
        """Its output as [s*H, s*W]; valid until the next frame."""


@dataclass(frozen=True)
class Case:
    """One way to run a network."""

    name: str
    runtime: str
    precision: str  # fp32, bf16 or int8
    open: Callable[[Network, tuple[int, int], int], Runner]
    """(network, (width, height), threads). Raises ModelError where it cannot be run so."""
    path: str | None = None  # the native kernel's, such as avx512-int8


class TensorRunner:
    """A runtime that takes and gives float32 tensors."""

    def __init__(self, function: Callable[[Values], Values], network: Network, size: tuple[int, int]) -> None:
        width, height = size
        self._function = function
        self._x: Values = np.empty((1, 1, height, width), np.float32)
        self._y: Values = np.empty(0, np.float32)
        self._large: Codes = np.empty((network.scale * height, network.scale * width), np.uint8)

    def take(self, plane: Codes) -> None:
        """See `Runner.take`."""
        tensor_from_plane(plane, self._x[0, 0], 255)

    def run(self) -> None:
        """See `Runner.run`."""
        self._y = self._function(self._x)

    def give(self) -> Codes:
        """See `Runner.give`."""
        plane_from_tensor(self._y[0, 0], self._large, 255)
        return self._large


def package(name: str, install: str | None = None) -> Any:
    """An optional package. Raises ModelError where it is missing."""
    try:
        return import_module(name)
    except ImportError as error:
        raise ModelError(f"{name} is not installed", f"pip install {install or 'framelift[bench]'}") from error


@contextmanager
def errors_of(runtime: str, *types: type[Exception]) -> Iterator[None]:
    """Errors of these types become ModelError: "`runtime`: its own words"."""
    try:
        yield
    except types as error:
        raise ModelError(f"{runtime}: {' '.join(str(error).split())}", "measure it without this runtime") from error
