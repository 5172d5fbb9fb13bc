"""A recipe: everything a training run depends on beside the pictures, as typed and frozen data."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

from .data import Bicubic, Data
from .errors import SettingError
from .losses.adversarial import adversarial
from .losses.perceptual import PerceptualSettings
from .losses.schedule import DiscriminatorSchedule
from .losses.weighted import WeightedLoss
from .schedules import Cosine, Schedule

Precision = Literal["fp32", "bf16", "fp16"]


@dataclass(frozen=True)
class Optimiser:
    """Adam, AdamW or SGD (whose momentum is the first of `betas`); gradients are cut to a norm of `clip`."""

    kind: Literal["adam", "adamw", "sgd"] = "adam"
    learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0
    clip: float | None = None

    def __post_init__(self) -> None:
        """Raises SettingError for a rate or a norm that is not above 0."""
        for name in ("learning_rate", "clip"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise SettingError(f"{name.replace('_', ' ')} is {value}", "give a number above 0")


@dataclass(frozen=True)
class Average:
    """The running average of the weights, which is the run's result.

    It begins after the share `begin` of the run: an average from the first step on drags the early weights along and
    costs 0.3-1 dB.
    """

    decay: float = 0.999
    begin: float = 0.6

    def weight(self, step: int, steps: int) -> float:
        """How far the average moves towards the newest weights: all the way until it begins."""
        return 1.0 - self.decay if step >= self.begin * steps else 1.0


@dataclass(frozen=True)
class Rivalry:
    """A discriminator to train against: `srgan` or `unet`, and one of `losses.adversarial.ADVERSARIAL`."""

    discriminator: Literal["srgan", "unet"] = "unet"
    loss: str = "vanilla"
    schedule: DiscriminatorSchedule = field(default_factory=DiscriminatorSchedule)
    features: int = 64

    def __post_init__(self) -> None:
        """Raises SettingError for a loss that there is not, or that does not go with the discriminator."""
        if adversarial(self.loss).penalised and self.discriminator == "srgan":
            raise SettingError(
                f"{self.loss} judges pictures one by one, and srgan's batch normalisation mixes them", "choose unet"
            )

    @property
    def multiple(self) -> int:
        """What the side of the pictures it judges must be a multiple of."""
        return {"srgan": 16, "unet": 8}[self.discriminator]


@dataclass(frozen=True)
class Recipe:
    """Everything a run depends on, so that it can be repeated.

    `crop` is in low-resolution pixels; `batch` counts the crops of a step over all processes. `precision` is that of
    the activations; weights are FP32. `warm_start` is a checkpoint whose weights are taken over.
    """

    network: str
    scale: int
    channels: int = 1
    steps: int = 80_000
    batch: int = 16
    crop: int = 40
    data: Data = field(default_factory=Bicubic)
    loss: WeightedLoss = field(default_factory=lambda: WeightedLoss(l1=1.0))
    perceptual: PerceptualSettings | None = None
    rivalry: Rivalry | None = None
    optimiser: Optimiser = field(default_factory=Optimiser)
    schedule: Schedule = field(default_factory=Cosine)
    average: Average = field(default_factory=Average)
    precision: Precision = "fp32"
    seed: int = 1
    threads: int = 1
    warm_start: str | None = None

    def __post_init__(self) -> None:
        """Raises SettingError for settings that cannot go together."""
        for name in ("steps", "batch", "crop", "threads"):
            if getattr(self, name) < 1:
                raise SettingError(f"{name} is {getattr(self, name)}", "give 1 or more")
        if (self.loss.adversarial > 0) != (self.rivalry is not None):
            raise SettingError("an adversarial loss and its rivalry go together", "give both, or neither")
        side = self.crop * self.scale
        if self.rivalry is not None and side % self.rivalry.multiple:
            raise SettingError(
                f"its discriminator judges {side} x {side} pixels, which is no multiple of {self.rivalry.multiple}",
                "choose another crop",
            )
        if self.loss.rank_content:
            raise SettingError("a recipe has no ranker", "use losses.ranker in a loop of your own")

    def learning_rate(self, step: int) -> float:
        """At `step`, from 0."""
        return self.optimiser.learning_rate * self.schedule.share(step, self.steps)


def settings_of(recipe: Recipe) -> dict[str, Any]:
    """The recipe as JSON holds it; what may be of several kinds says which it is."""
    settings: dict[str, Any] = json.loads(json.dumps(_plain(recipe)))
    del settings["kind"]
    return settings


def _plain(value: object) -> object:
    if is_dataclass(value):
        held = {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
        return {"kind": type(value).__name__.lower()} | held
    return value
