"""`framelift train`, `evaluate` and `export`: from photographs to a model (needs the `train` extra)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train(
    photos: Annotated[Path, typer.Argument(help="A folder of photographs; folders in it count too.")],
    out: Annotated[Path, typer.Argument(help="The run's folder; a run that lies there is gone on with.")],
    tier: Annotated[str, typer.Option(help="tiny-8 or tiny-16.")] = "tiny-16",
    scale: Annotated[int, typer.Option(help="2, 3 or 4.")] = 2,
    steps: Annotated[int, typer.Option(min=1)] = 190_000,
    learning_rate: Annotated[float, typer.Option()] = 1e-3,
    warm_start: Annotated[Path | None, typer.Option(help="A checkpoint of the same tier at another scale.")] = None,
    validation: Annotated[Path | None, typer.Option(help="Pictures to measure on as it goes, such as Set5.")] = None,
    seed: Annotated[int, typer.Option()] = 1,
) -> int:
    """Train a network; prints its checkpoint."""
    _require_torch()
    from framelift.training.recipe import Recipe
    from framelift.training.train import train as run

    recipe = Recipe(
        tier,
        scale,
        steps,
        learning_rate=learning_rate,
        seed=seed,
        warm_start=str(warm_start) if warm_start else None,
    )
    print(run(recipe, photos, out, validation))
    return 0


def evaluate(
    model: Annotated[str, typer.Argument(help="A name of `framelift models`, or an .onnx file of a luma model.")],
    folders: Annotated[list[Path], typer.Argument(help="Folders of full-size pictures, such as Set5.")],
) -> int:
    """Measure PSNR-Y and SSIM by the papers' protocol, beside bicubic."""
    _require_torch()
    from contextlib import closing

    from framelift.engine.backends import choose_backend
    from framelift.engine.model import load_model
    from framelift.export.card import measure

    loaded = load_model(model)
    with closing(choose_backend(loaded)) as backend:
        for folder in folders:
            quality = measure(backend.run, loaded.scale, folder)
            print(
                f"{folder.name}: {quality.psnr_y:.2f} dB, SSIM {quality.ssim:.4f} on {quality.pictures} pictures "
                f"(bicubic {quality.bicubic_psnr_y:.2f} dB, {quality.bicubic_ssim:.4f})"
            )
    return 0


def export(
    checkpoints: Annotated[Path, typer.Argument(help="A folder of runs named TIER-xSCALE.")],
    models: Annotated[Path, typer.Argument(help="Where the .onnx files go.")],
    measured: Annotated[list[Path], typer.Option("--evaluate", help="Folder of a benchmark set; may be repeated.")],
) -> int:
    """Export trained checkpoints of the shipped recipes, measured, with their manifests; all or none."""
    _require_torch()
    from framelift.export.ship import ship

    for manifest in ship(checkpoints, models, {folder.name: folder for folder in measured}):
        scores = ", ".join(f"{name} {quality.psnr_y:.2f} dB" for name, quality in manifest.quality.items())
        print(f"{manifest.name}: {scores}")
    return 0


def _require_torch() -> None:
    """Raises UsageError when the `train` extra is not installed."""
    from importlib.util import find_spec

    from framelift.engine.errors import UsageError

    if find_spec("torch") is None:
        raise UsageError("this command needs torch, which is not installed", "pip install 'framelift[train]'")
