"""When a discriminator learns and when it is listened to, as plain data."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class DiscriminatorSchedule:
    """Steps are those of the generator, counted from 0.

    The discriminator takes `ratio` steps for each of the generator's from step `start` on (1 in SRGAN and ESRGAN, 5
    in WGAN-GP, 0.5 for every other step); the generator hears it `lead` steps later, when it has an opinion.
    """

    start: int = 0
    lead: int = 0
    ratio: float = 1.0
    learning_rate: float = 1e-4  # of its own Adam
    gradient_penalty: float = 10.0  # weight, where the loss has one

    def discriminator_steps(self, step: int) -> int:
        """How many steps the discriminator takes in the generator's step number `step`."""
        if step < self.start:
            return 0
        taken = step - self.start
        return math.floor((taken + 1) * self.ratio) - math.floor(taken * self.ratio)

    def is_heard(self, step: int) -> bool:
        """Whether the generator is trained against the discriminator in step number `step`."""
        return step >= self.start + self.lead
