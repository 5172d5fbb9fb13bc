"""A training run in memory: the network, its average and the optimiser, advanced step by step."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from . import checkpoint
from .errors import ResultError, SettingError
from .files import replacing
from .networks.plain import PlainSR
from .networks.tiers import make
from .recipe import Recipe, ema_weight, learning_rate

CHECKPOINT, STATE, LOG = "last.safetensors", "state.pt", "log.jsonl"
"""In a run's folder: the averaged weights, which are the result, what resuming needs, and how it went."""


class Run:
    """A new run of `recipe`, at step 0."""

    def __init__(self, recipe: Recipe) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.settings = asdict(recipe)
        self.network = make(recipe.tier, recipe.scale)
        if recipe.warm_start:
            self.settings["warm_start"] = take_weights(self.network, Path(recipe.warm_start))
        self.average = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        self.optimiser = torch.optim.Adam(self.network.parameters(), betas=(0.9, 0.99))
        self.step = 0

    def advance(self, low: NDArray[np.uint8], high: NDArray[np.uint8]) -> float:
        """One step on a batch of codes [B, 1, H, W] and [B, 1, s*H, s*W]; returns its L1 loss, white = 1.

        Raises ResultError when the loss is not finite; what was saved before stays as it is.
        """
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.recipe, self.step)
        loss = F.l1_loss(self.network(as_input(low)), as_input(high))
        value = loss.item()
        if not math.isfinite(value):
            raise ResultError(f"the loss is {value} at step {self.step}", "start anew with a lower learning rate")
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        weight = ema_weight(self.recipe, self.step)
        for name, newest in self.network.state_dict().items():
            self.average[name].lerp_(newest, weight)
        self.step += 1
        return value

    def averaged(self) -> PlainSR:
        """A network with the averaged weights: what the run is for."""
        network = make(self.recipe.tier, self.recipe.scale)
        network.load_state_dict(self.average)
        return network

    def save(self, folder: Path) -> None:
        """Write the result so far and what `resume` needs, each whole or not at all."""
        info = checkpoint.CheckpointInfo(self.recipe.tier, self.recipe.scale, self.step, self.settings)
        checkpoint.save(folder / CHECKPOINT, self.average, info)
        state = {
            "step": self.step,
            "network": self.network.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
        }
        with replacing(folder / STATE) as partial:
            torch.save(state, partial)

    def resume(self, folder: Path) -> None:
        """Take up the run saved in `folder`, if there is one: it ends as if it had never been cut off.

        Raises SettingError when the run there has other settings.
        """
        if not (folder / STATE).exists():
            return
        _, info = checkpoint.load(folder / CHECKPOINT)
        for name, ours in self.settings.items():
            theirs = info.settings.get(name)
            if theirs != ours:
                raise SettingError(
                    f"the run in {folder} has {name} {theirs}, not {ours}",
                    "resume it with the settings it was started with, or choose another folder",
                )
        state = torch.load(folder / STATE, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.average = state["average"]
        self.step = state["step"]


def as_input(codes: NDArray[np.uint8]) -> torch.Tensor:
    """8-bit codes as the networks take them: float32, white = 1."""
    return torch.from_numpy(np.ascontiguousarray(codes)).float() / 255.0


def take_weights(network: PlainSR, source: Path) -> str:
    """Start from another run's weights; returns whose.

    From another scale, each sub-pixel of the tail starts as the one of the source's that lies nearest.
    """
    donor, info = checkpoint.load(source)
    if (donor.channels, donor.layers) != (network.channels, network.layers):
        raise SettingError(f"{source} is a {info.tier}, which has another body", "start from the same tier")
    old, new = donor.scale, network.scale
    nearest = [i * old // new * old + j * old // new for i in range(new) for j in range(new)]
    weights = donor.state_dict()
    for name in ("tail.project", "tail.bias"):
        weights[name] = weights[name][nearest]
    network.load_state_dict(weights)
    return f"{info.tier}-x{info.scale} at step {info.step}"
