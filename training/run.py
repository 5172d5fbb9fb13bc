"""A training run in memory: the network, its average, the optimiser and a rival, advanced step by step."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from . import checkpoint
from .commit import commit_of
from .errors import DataError, ResultError, SettingError
from .files import replacing
from .losses.weighted import LossSum
from .networks.named import make
from .networks.network import Network
from .processes import Processes
from .recipe import Optimiser, Precision, Recipe, settings_of
from .rival import Rival
from .warm_start import take_weights

CHECKPOINT, STATE, LOG = "last.safetensors", "state.pt", "log.jsonl"
"""In a run's folder: the averaged weights, which are the result, what resuming needs, and how it went."""

_AUTOCAST: dict[Precision, torch.dtype] = {"bf16": torch.bfloat16, "fp16": torch.float16}
ALONE = Processes()


class Run:
    """A new run of `recipe`, at step 0."""

    def __init__(self, recipe: Recipe, data: str = "", processes: Processes = ALONE) -> None:
        """`data` is a hash of the pictures. Raises SettingError, DataError for settings and files that do not fit."""
        torch.manual_seed(recipe.seed)
        self.recipe, self.settings, self.data, self.processes = recipe, settings_of(recipe), data, processes
        self.network = make(recipe.network, recipe.scale, recipe.channels)
        if not any(True for _ in self.network.parameters()):
            raise SettingError(f"{recipe.network} has nothing to train", "choose another network")
        if recipe.warm_start:
            self.settings["warm_start"] = take_weights(self.network, Path(recipe.warm_start))
        self.network.to(processes.device).train()
        self.average = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        perceptual = recipe.perceptual.load() if recipe.perceptual else None
        self.loss = LossSum(recipe.loss, perceptual).to(processes.device)
        self.rival = Rival(recipe, processes) if recipe.rivalry else None
        self.optimiser = _optimiser(recipe.optimiser, self.network.parameters())
        device = processes.device.type
        self._autocast = torch.autocast(device, _AUTOCAST.get(recipe.precision), enabled=recipe.precision != "fp32")
        self._scaler = torch.amp.GradScaler(device, enabled=recipe.precision == "fp16")
        self.step = 0

    def advance(self, low: NDArray[np.uint8], high: NDArray[np.uint8]) -> dict[str, float]:
        """One step on codes [B, C, H, W] and [B, C, s*H, s*W]; returns the losses by name, `loss` is their sum.

        Raises ResultError when the loss is not finite; what was saved before stays as it is.
        """
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate(self.step)
        truth = self._input(high)
        with self._autocast:
            result = self.network(self._input(low))
        result = result.float()  # losses add up many small numbers
        total, parts = self._losses(result, truth)
        losses = {"loss": total.item()} | {name: part.item() for name, part in parts.items()}
        self._check(losses)
        self._descend(total)
        if self.rival is not None:
            judged = self.rival.learn(result, truth, self.step)
            losses |= {} if judged is None else {"discriminator": judged}
            self._check(losses)
        self._follow()
        self.step += 1
        return losses

    def _losses(self, result: Tensor, truth: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        total, parts = self.loss(result, truth)
        if self.rival is not None and self.rival.rivalry.schedule.is_heard(self.step):
            heard = self.recipe.loss.adversarial * self.rival.verdict(result, truth)
            total, parts = total + heard, parts | {"adversarial": heard.detach()}
        return total, parts

    def _check(self, losses: dict[str, float]) -> None:
        wrong = [f"{name} is {value}" for name, value in losses.items() if not math.isfinite(value)]
        if self.processes.any(bool(wrong)):
            what = f"the {wrong[0]}" if wrong else "another process's loss is not finite"
            raise ResultError(f"{what} at step {self.step}", "start anew with a lower learning rate")

    def _descend(self, total: Tensor) -> None:
        """One step of the optimiser against the gradient, the mean of all processes."""
        if not total.requires_grad:
            return  # the adversarial loss alone counts, and is not heard yet
        self.optimiser.zero_grad(set_to_none=True)
        self._scaler.scale(total).backward()
        self.processes.average_gradients(self.network)
        if self.recipe.optimiser.clip is not None:
            self._scaler.unscale_(self.optimiser)
            nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.optimiser.clip)
        self._scaler.step(self.optimiser)
        self._scaler.update()

    def _follow(self) -> None:
        weight = self.recipe.average.weight(self.step, self.recipe.steps)
        for name, newest in self.network.state_dict().items():
            if newest.is_floating_point():
                self.average[name].lerp_(newest, weight)
            else:
                self.average[name].copy_(newest)

    def _input(self, codes: NDArray[np.uint8]) -> Tensor:
        return as_input(codes).to(self.processes.device)

    def averaged(self) -> Network:
        """A network with the averaged weights, on the CPU: what the run is for."""
        network = make(self.recipe.network, self.recipe.scale, self.recipe.channels)
        network.load_state_dict(self.average)
        return network.eval()

    def save(self, folder: Path) -> None:
        """Write the result so far and what `resume` needs, each whole or not at all.

        Raises WriteError, and ResultError for weights that are not finite: the last good ones stay.
        """
        if not all(bool(value.isfinite().all()) for value in self.average.values()):
            raise ResultError(f"weights are not finite at step {self.step}", "start anew with a lower learning rate")
        recipe = self.recipe
        commit = commit_of(Path(__file__).parent)
        info = checkpoint.CheckpointInfo(
            recipe.network, recipe.scale, self.step, self.settings, recipe.channels, self.data, commit
        )
        # The state last: a run that is cut off between the two repeats some steps, and its result is never out of date.
        checkpoint.save(folder / CHECKPOINT, self.average, info)
        with replacing(folder / STATE) as partial:
            torch.save(self._state(), partial)

    def _state(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "settings": self.settings,
            "data": self.data,
            "network": self.network.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "scaler": self._scaler.state_dict(),
            "rival": self.rival.state_dict() if self.rival else None,
        }

    def resume(self, folder: Path) -> None:
        """Take up the run saved in `folder`, if there is one: it ends as if it had never been cut off.

        Raises SettingError when the run there has other settings or pictures, DataError when it cannot be read.
        """
        if not (folder / STATE).exists():
            return
        state = _read_state(folder / STATE, self.processes.device)
        theirs = state["settings"] | {"pictures": state["data"]}
        for name, ours in (self.settings | {"pictures": self.data}).items():
            if theirs.get(name) != ours:
                raise SettingError(
                    f"the run in {folder} has {name} {theirs.get(name)}, not {ours}",
                    "resume it with the settings it was started with, or choose another folder",
                )
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self._scaler.load_state_dict(state["scaler"])
        if self.rival is not None:
            self.rival.load_state_dict(state["rival"])
        self.average = state["average"]
        self.step = state["step"]


def as_input(codes: NDArray[np.uint8]) -> Tensor:
    """8-bit codes as the networks take them: float32, white = 1."""
    return torch.from_numpy(np.ascontiguousarray(codes)).float() / 255.0


def _read_state(path: Path, device: torch.device) -> dict[str, Any]:
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        state["settings"], state["data"], state["rival"]
    except (OSError, EOFError, UnpicklingError, RuntimeError, ValueError, LookupError, TypeError) as error:
        raise DataError(
            f"{path} is not the state of a run: {' '.join(str(error).split())[:200]}",
            "remove it, or choose another folder",
        ) from error
    return state


def _optimiser(chosen: Optimiser, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    rate, decay = chosen.learning_rate, chosen.weight_decay
    if chosen.kind == "sgd":
        return torch.optim.SGD(parameters, rate, momentum=chosen.betas[0], weight_decay=decay)
    adam = torch.optim.AdamW if chosen.kind == "adamw" else torch.optim.Adam
    return adam(parameters, rate, betas=chosen.betas, weight_decay=decay)
