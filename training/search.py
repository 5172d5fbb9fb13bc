"""A small search for a recipe's hyper-parameters, by Optuna (extra `search`)."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from .errors import DataError, ResultError, SettingError
from .recipe import Recipe
from .run import LOG
from .train import Progress, Watching, train

STUDY = "study.db"
BATCHES = (8, 16, 32)


def search(recipe: Recipe, photos: Path, out: Path, trials: int, watching: Watching, *, device: str = "cpu") -> Recipe:
    """The recipe with the learning rate, batch and share of averaging that gave the best PSNR-Y.

    It is measured on the validation pictures of `watching`, which must have some. Each trial is a whole run of the
    recipe in `out`/trial-N, so give a short one; a trial that is worse than the median of those before it at the same
    step is given up. The study lies in `out` and is gone on with. Raises SettingError where Optuna is not installed,
    nothing is tried or measured on, DataError when no trial ended.
    """
    if trials < 1:
        raise SettingError(f"{trials} trials", "give 1 or more")
    if watching.validation is None:
        raise SettingError("a search needs pictures to compare on", "give validation pictures")
    optuna = _optuna()
    out.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name="recipe",
        storage=f"sqlite:///{out / STUDY}",
        direction="maximize",
        load_if_exists=True,
    )
    # A seed of its own for each session, or one that goes on would try again what was tried before.
    study.sampler = optuna.samplers.TPESampler(seed=recipe.seed + len(study.trials))

    def run(trial: Any) -> float:
        return _psnr_y(_suggested(recipe, trial), trial, photos, out / f"trial-{trial.number}", watching, device)

    study.optimize(run, n_trials=trials, catch=(ResultError,))  # a trial that diverged is a bad one, not an error
    if not any(trial.state.name == "COMPLETE" for trial in study.trials):
        raise DataError(f"no trial of {len(study.trials)} ended well", "try more, or a recipe that converges")
    return _suggested(recipe, study.best_trial)


def _suggested(recipe: Recipe, trial: Any) -> Recipe:
    """The recipe with what the trial proposes; a finished trial proposes what it was."""
    rate = trial.suggest_float("learning_rate", 1e-4, 5e-3, log=True)
    batch = trial.suggest_categorical("batch", BATCHES)
    begin = trial.suggest_float("average_from", 0.5, 0.9)
    return replace(
        recipe,
        batch=batch,
        optimiser=replace(recipe.optimiser, learning_rate=rate),
        average=replace(recipe.average, begin=begin),
    )


def _psnr_y(recipe: Recipe, trial: Any, photos: Path, out: Path, watching: Watching, device: str) -> float:
    def report(progress: Progress) -> None:
        if watching.say is not None:
            watching.say(progress)
        trial.report(progress.entry["psnr_y"], progress.step)
        if trial.should_prune():
            raise _optuna().TrialPruned

    train(recipe, photos, out, replace(watching, say=report), device=device)
    return float(json.loads((out / LOG).read_text(encoding="utf-8").splitlines()[-1])["psnr_y"])


def _optuna() -> Any:
    try:
        return import_module("optuna")
    except ImportError as error:
        raise SettingError(f"Optuna is not there: {error}", "pip install 'framelift[search]'") from error
