"""A recipe: everything a training run depends on beside the pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Everything a run depends on, so that it can be repeated."""

    tier: str
    scale: int
    steps: int = 80_000
    batch: int = 16
    crop: int = 40  # low-resolution pixels
    learning_rate: float = 1e-3
    warm_up: int = 1_000
    ema_decay: float = 0.999
    ema_from: float = 0.6  # share of the run after which averaging begins
    seed: int = 1
    threads: int = 1
    warm_start: str | None = None  # a checkpoint of another run, whose weights are taken over as far as they fit


def learning_rate(recipe: Recipe, step: int) -> float:
    """Linear warm-up, then a cosine down to a hundredth."""
    warm = min(1.0, (step + 1) / recipe.warm_up)
    cosine = 0.5 * (1.0 + math.cos(math.pi * step / recipe.steps))
    return recipe.learning_rate * warm * (0.01 + 0.99 * cosine)


def ema_weight(recipe: Recipe, step: int) -> float:
    """How far the averaged weights move towards the newest: all the way until `ema_from`.

    An average from the first step on drags the early weights along and costs 0.3-1 dB.
    """
    return 1.0 - recipe.ema_decay if step >= recipe.ema_from * recipe.steps else 1.0
