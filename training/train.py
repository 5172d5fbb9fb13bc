"""Train a network on a folder of photographs, by a recipe.

One CPU thread by default; a second job fills a second core better than a second thread. On GPUs, `torchrun` starts a
process for each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .crops import Batches
from .data import batches_of, listing_for
from .errors import SettingError
from .evaluate import truths
from .journal import Journal
from .photos import short_hash
from .processes import Processes, together
from .recipe import Recipe
from .run import CHECKPOINT, Run

__all__ = ["Progress", "Recipe", "Watching", "train"]


@dataclass(frozen=True)
class Progress:
    """What is told of a run while it goes on: a line of its log."""

    step: int
    steps: int
    entry: dict[str, float]


@dataclass(frozen=True)
class Watching:
    """What is saved and measured on the way, every `every` steps; none of it changes the result.

    `validation` is a folder of pictures to measure PSNR-Y on, of which the first `samples` are written as PNG, beside
    bicubic and the truth. `tensorboard` also writes its events (needs the package). `warn` is told what is left out.
    """

    every: int = 5_000
    validation: Path | None = None
    samples: int = 0
    tensorboard: bool = False
    say: Callable[[Progress], None] | None = None
    warn: Callable[[str], None] | None = None


SILENT = Watching()
"""Saves, and measures nothing."""


def train(recipe: Recipe, photos: Path, out: Path, watching: Watching = SILENT, *, device: str = "cpu") -> Path:
    """Run `recipe`, or go on with the run that lies in the folder `out`; returns the final checkpoint.

    The run is saved and a line of JSON added to `out`/log.jsonl as `watching` says: step, mean losses, seconds and
    PSNR-Y. Reduced pictures are cached beside `out`. `device` is cpu, cuda or auto. Raises DataError for pictures that
    cannot be used, SettingError for settings that cannot, ResultError when training diverges, WriteError when the run
    cannot be saved; the last good checkpoint stays.
    """
    _check(watching, recipe.scale)
    torch.set_num_threads(recipe.threads)
    with together(device) as processes:
        run = Run(recipe, short_hash(listing_for(recipe.data, photos)), processes)
        run.resume(out)
        batches = _prepared(recipe, photos, out.parent / "cache", processes)
        if batches.skipped and watching.warn is not None and processes.leads:
            watching.warn(f"{batches.skipped} pictures are smaller than a crop and left out")
        count, first = processes.share(recipe.batch)
        losses: dict[str, list[float]] = defaultdict(list)
        with Journal(out, watching.tensorboard and processes.leads) as journal:
            while run.step < recipe.steps:
                for name, loss in run.advance(*batches.batch(run.step, count, first)).items():
                    losses[name].append(loss)
                if run.step % watching.every == 0 or run.step == recipe.steps:
                    if processes.leads:
                        _report(run, losses, out, journal, watching)
                    losses.clear()
        processes.wait()
    return out / CHECKPOINT


def _check(watching: Watching, scale: int) -> None:
    """Raises SettingError, DataError for what would only be found at the first measurement."""
    if watching.validation is not None:
        for _ in truths(watching.validation, scale, scale):
            pass  # it can be measured on
    elif watching.samples:
        raise SettingError(f"{watching.samples} samples of no pictures", "give validation pictures, or no samples")


def _prepared(recipe: Recipe, photos: Path, cache: Path, processes: Processes) -> Batches:
    """The batches; what is prepared ahead is prepared by one process, while the others wait for it."""

    def batches() -> Batches:
        return batches_of(
            recipe.data, photos, cache, scale=recipe.scale, channels=recipe.channels, size=recipe.crop, seed=recipe.seed
        )

    ours = batches() if processes.leads else None
    processes.wait()
    return ours if ours is not None else batches()


def _report(run: Run, losses: dict[str, list[float]], out: Path, journal: Journal, watching: Watching) -> None:
    run.save(out)
    entry = {name: float(np.mean(values)) for name, values in losses.items()}
    if watching.validation is not None:
        entry |= journal.measured(run.averaged(), watching.validation, watching.samples, run.step)
    journal.write(run.step, entry)
    if watching.say is not None:
        watching.say(Progress(run.step, run.recipe.steps, entry))
