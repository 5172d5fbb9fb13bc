"""What a tensor of a graph is in the terms of our family."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .stack import KEYS_A, Shortcut
from .stack_parameters import Parameters, Quantised

Array = NDArray[Any]
GIVEN, CODES, DECODED = "as given", "as codes", "as values of codes"
CONVOLVED, ACTIVATED, SUMMED, ANCHORED, SHUFFLED = "convolved", "activated", "summed", "anchored", "shuffled"


@dataclass(frozen=True)
class Picture:
    """The input, in blocks of `unshuffle`^2 pixels."""

    unshuffle: int = 1
    stage: str = GIVEN  # or CODES, DECODED

    def __str__(self) -> str:
        return f"the input {self.stage}"


@dataclass(frozen=True)
class Features:
    """What a layer has come to."""

    layer: int
    stage: str  # from CONVOLVED on

    def __str__(self) -> str:
        return f"layer {self.layer} {self.stage}"


@dataclass(frozen=True)
class Enlarged:
    """The input at the output's size."""

    scale: int
    cubic_a: float | None  # None: nearest

    def __str__(self) -> str:
        return f"the input enlarged x{self.scale}"


@dataclass(frozen=True)
class Result:
    """A picture at the output's size."""

    scale: int
    shortcut: Shortcut
    cubic_a: float = KEYS_A

    def __str__(self) -> str:
        return f"the picture enlarged x{self.scale} with shortcut {self.shortcut}"


Value = Picture | Features | Enlarged | Result | Quantised | Array | None


@dataclass(eq=False)
class Draft:
    """A layer as far as it has been read."""

    parameters: Parameters
    now: Features
    output: Features | None = None  # what the next layer took
    step: np.float32 | None = None  # of its codes
    slope: NDArray[np.float32] | None = None
    add: int | None = None

    @property
    def channels(self) -> int:
        """It makes so many."""
        return len(self.parameters.weight)

    def move(self, stage: str) -> Features:
        """It has come to `stage`."""
        self.now = replace(self.now, stage=stage)
        return self.now


def is_input(value: Value) -> bool:
    """Whether it is the input itself."""
    return isinstance(value, Picture) and value == Picture()


def said(value: Value) -> str:
    """In an error's words."""
    return "constants" if isinstance(value, np.ndarray) else "nothing" if value is None else str(value)
