"""The discriminator of an adversarial run: what it says of results, and how it learns."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .losses.adversarial import adversarial, gradient_penalty
from .networks.srgan_discriminator import SRGANDiscriminator
from .networks.unet_discriminator import UNetDiscriminatorSN
from .processes import Processes
from .recipe import Recipe, Rivalry


class Rival:
    """A new discriminator of `recipe`, which must have a rivalry."""

    def __init__(self, recipe: Recipe, processes: Processes) -> None:
        assert recipe.rivalry is not None
        self.rivalry, self._seed, self._processes = recipe.rivalry, recipe.seed, processes
        side = recipe.crop * recipe.scale
        self.network = _discriminator(recipe.rivalry, recipe.channels, side).to(processes.device)
        self._loss = adversarial(recipe.rivalry.loss)
        rate = recipe.rivalry.schedule.learning_rate
        self._optimiser = torch.optim.Adam(self.network.parameters(), rate, betas=(0.9, 0.99))

    def verdict(self, result: Tensor, truth: Tensor) -> Tensor:
        """What the generator lowers to be taken for real; the discriminator's weights get no gradient of it."""
        self.network.requires_grad_(False)
        with torch.no_grad():
            real = self.network(truth)
        loss = self._loss.generator(real, self.network(result))
        self.network.requires_grad_(True)
        return loss

    def learn(self, result: Tensor, truth: Tensor, step: int) -> float | None:
        """As many steps as the schedule has at `step`; returns the last loss, None where it takes none."""
        loss = None
        for turn in range(self.rivalry.schedule.discriminator_steps(step)):
            self._optimiser.zero_grad(set_to_none=True)
            lowered = self._to_lower(result.detach(), truth, (step, turn))
            lowered.backward()
            self._processes.average_gradients(self.network)
            self._optimiser.step()
            loss = lowered.item()
        return loss

    def _to_lower(self, result: Tensor, truth: Tensor, when: tuple[int, int]) -> Tensor:
        lowered = self._loss.discriminator(self.network(truth), self.network(result))
        if not self._loss.penalised:
            return lowered
        # Drawn by place in the run, so that resuming needs no generator's state.
        rng = np.random.default_rng((self._seed, *when, self._processes.number))
        share = torch.from_numpy(rng.random((len(truth), 1, 1, 1), np.float32)).to(truth.device)
        penalty = gradient_penalty(self.network, truth, result, share)
        return lowered + self.rivalry.schedule.gradient_penalty * penalty

    def state_dict(self) -> dict[str, Any]:
        """What resuming needs."""
        return {"network": self.network.state_dict(), "optimiser": self._optimiser.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up where `state_dict` was."""
        self.network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])


def _discriminator(rivalry: Rivalry, channels: int, side: int) -> nn.Module:
    if rivalry.discriminator == "srgan":
        return SRGANDiscriminator(channels, side, rivalry.features)
    return UNetDiscriminatorSN(channels, rivalry.features)
