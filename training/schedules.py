"""Learning rates over a run, as plain data."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Cosine:
    """A linear warm-up of `warm_up` steps, then half a cosine down to `floor` of the rate.

    Loshchilov and Hutter, ICLR 2017, without restarts.
    """

    warm_up: int = 1_000
    floor: float = 0.01

    def share(self, step: int, steps: int) -> float:
        """Of the recipe's learning rate at `step` of `steps`."""
        cosine = 0.5 * (1.0 + math.cos(math.pi * step / steps))
        return _warm(step, self.warm_up) * (self.floor + (1.0 - self.floor) * cosine)


@dataclass(frozen=True)
class Staircase:
    """Times `factor` at each share of the run in `at`, such as half of it: what EDSR and ESRGAN use."""

    at: tuple[float, ...] = (0.5,)
    factor: float = 0.5
    warm_up: int = 0

    def share(self, step: int, steps: int) -> float:
        """Of the recipe's learning rate at `step` of `steps`."""
        passed = sum(step >= share * steps for share in self.at)
        return _warm(step, self.warm_up) * self.factor**passed


Schedule = Cosine | Staircase


def _warm(step: int, warm_up: int) -> float:
    return min(1.0, (step + 1) / warm_up) if warm_up else 1.0
