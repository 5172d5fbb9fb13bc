"""`framelift train`: photographs to a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from framelift.engine.errors import UsageError

from ..console import say
from .needs import require_torch

if TYPE_CHECKING:
    from framelift.training.recipe import Precision, Recipe
    from framelift.training.train import Progress, Watching


def train(
    photos: Annotated[Path, typer.Argument(metavar="PHOTOS", help="A folder of photographs; folders in it count too.")],
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="The run's folder; a run that lies there is gone on with.")
    ],
    recipe: Annotated[
        str, typer.Option(help="A tier, a twin such as tiny-16-live, or a published network.")
    ] = "tiny-16",
    scale: Annotated[int, typer.Option(help="2, 3 or 4.")] = 2,
    steps: Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's.")] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Likewise: crops a step.")] = None,
    crop: Annotated[int | None, typer.Option(min=4, help="Likewise: low-resolution pixels a side.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Likewise.")] = None,
    degradation: Annotated[str | None, typer.Option(help="Likewise: bicubic, second-order or camera.")] = None,
    reduced: Annotated[Path | None, typer.Option(help="The photographs' reductions, as DIV2K has them.")] = None,
    vgg: Annotated[Path | None, typer.Option(help="VGG19's weights, where the recipe compares features.")] = None,
    vgg_sha256: Annotated[str | None, typer.Option(help="Theirs, when they are not torchvision's.")] = None,
    warm_start: Annotated[
        Path | None, typer.Option(help="A checkpoint of the same network; a tier's may be of any scale.")
    ] = None,
    precision: Annotated[str, typer.Option(help="fp32, bf16 or fp16 (on GPUs).")] = "fp32",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda; several GPUs by torchrun.")] = "cpu",
    threads: Annotated[int, typer.Option(min=1, help="Of the CPU; two runs side by side do more than two.")] = 1,
    seed: Annotated[int | None, typer.Option(help="Instead of the recipe's.")] = None,
    validation: Annotated[
        Path | None, typer.Option(help="Pictures to measure on as it goes, such as Set5; not with --folds.")
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="Save and measure after so many steps.")] = 5_000,
    samples: Annotated[int, typer.Option(min=0, help="Write so many validation pictures as they look.")] = 0,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write events too.")] = False,
    folds: Annotated[int | None, typer.Option(min=2, help="Cross-validate with so many parts.")] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Search for rate, batch and averaging.")] = None,
) -> int:
    """Train a network; prints its checkpoint."""
    require_torch()
    chosen = _recipe(recipe, scale, reduced=reduced, degradation=degradation, vgg=vgg, vgg_sha256=vgg_sha256)
    chosen = _changed(
        chosen, steps=steps, batch=batch, crop=crop, seed=seed, threads=threads, precision=_precision(precision, device)
    )
    chosen = _started(chosen, learning_rate, warm_start)
    from framelift.training.train import Watching

    watching = Watching(every, validation, samples, tensorboard, _say, say)
    return _run(chosen, photos, out, watching, device, folds=folds, trials=trials)


def _run(
    recipe: Recipe, photos: Path, out: Path, watching: Watching, device: str, *, folds: int | None, trials: int | None
) -> int:
    """One run, or as many as folds and trials ask for."""
    if folds is not None and trials is not None:
        raise UsageError("--folds and --trials exclude each other", "search first, then cross-validate what was found")
    if folds is not None:
        return _cross_validate(recipe, photos, out, folds, watching, device)
    if trials is not None:
        return _search(recipe, photos, out, trials, watching, device)
    from framelift.training.train import train as run

    print(run(recipe, photos, out, watching, device=device))
    return 0


def _recipe(
    name: str,
    scale: int,
    *,
    reduced: Path | None,
    degradation: str | None,
    vgg: Path | None,
    vgg_sha256: str | None,
) -> Recipe:
    from dataclasses import replace

    from framelift.training.data import Degraded, Paired
    from framelift.training.recipes import recipe_named

    if reduced is not None and degradation is not None:
        raise UsageError("--reduced and --degradation exclude each other", "leave one out")
    recipe = recipe_named(name, scale, str(vgg) if vgg else None, vgg_sha256=vgg_sha256)
    if reduced is not None:
        return replace(recipe, data=Paired(str(reduced)))
    return recipe if degradation is None else replace(recipe, data=Degraded(degradation))


def _changed(recipe: Recipe, **changes: object) -> Recipe:
    """With what was given on the command line instead of the recipe's own."""
    from dataclasses import replace

    given = {name: value for name, value in changes.items() if value is not None}
    return replace(recipe, **given)  # type: ignore[arg-type]  # typer has checked each


def _started(recipe: Recipe, learning_rate: float | None, warm_start: Path | None) -> Recipe:
    from dataclasses import replace

    if learning_rate is not None:
        recipe = replace(recipe, optimiser=replace(recipe.optimiser, learning_rate=learning_rate))
    return replace(recipe, warm_start=str(warm_start)) if warm_start else recipe


def _precision(text: str, device: str) -> Precision:
    allowed: dict[str, Precision] = {"fp32": "fp32", "bf16": "bf16"}
    if device != "cpu":
        allowed["fp16"] = "fp16"
    if text in allowed:
        return allowed[text]
    raise UsageError(f"precision {text} is not allowed on {device}", "choose fp32 or bf16, on a GPU also fp16")


def _say(progress: Progress) -> None:
    measured = ", ".join(f"{name} {value:.5g}" for name, value in progress.entry.items())
    say(f"step {progress.step} of {progress.steps}: {measured}")


def _cross_validate(recipe: Recipe, photos: Path, out: Path, count: int, watching: Watching, device: str) -> int:
    from statistics import mean, stdev

    from framelift.training.folds import cross_validate

    folds = cross_validate(recipe, photos, out, count, watching, device=device)
    for fold in folds:
        print(f"fold {fold.number}: {fold.psnr_y:.2f} dB on {fold.held_out} photographs that were held out")
    scores = [fold.psnr_y for fold in folds]
    print(f"mean {mean(scores):.2f} dB, standard deviation {stdev(scores):.2f} dB")
    return 0


def _search(recipe: Recipe, photos: Path, out: Path, trials: int, watching: Watching, device: str) -> int:
    from framelift.training.search import search

    if watching.validation is None:
        raise UsageError("a search needs pictures to compare on", "add --validation with a folder")
    best = search(recipe, photos, out, trials, watching, device=device)
    print(
        f"learning rate {best.optimiser.learning_rate:.3g}, batch {best.batch}, average from {best.average.begin:.2f}"
    )
    return 0
