"""`framelift train`, `evaluate` and `export`: from photographs to a model (needs the `train` extra)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from framelift.engine.errors import UsageError

if TYPE_CHECKING:
    from framelift.export.onnx_from_checkpoint import Exported


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
    from framelift.engine.compute import Compute
    from framelift.engine.model import load_model
    from framelift.export.card import measure

    loaded = load_model(model)
    with closing(choose_backend(loaded, Compute(mode="latency"))) as backend:
        for folder in folders:
            quality = measure(backend.run, loaded.scale, folder)
            print(
                f"{folder.name}: {quality.psnr_y:.2f} dB, SSIM {quality.ssim:.4f} on {quality.pictures} pictures "
                f"(bicubic {quality.bicubic_psnr_y:.2f} dB, {quality.bicubic_ssim:.4f})"
            )
    return 0


def export(
    source: Annotated[
        Path, typer.Argument(metavar="CHECKPOINTS", help="A folder of runs named TIER-xSCALE, or one checkpoint.")
    ],
    out: Annotated[Path, typer.Argument(metavar="MODELS", help="The models' folder; of one checkpoint, its .onnx.")],
    measured: Annotated[
        list[Path] | None, typer.Option("--evaluate", help="Folder of a benchmark set; may be repeated.")
    ] = None,
    int8: Annotated[bool, typer.Option("--int8", help="In INT8; of a folder, in both forms.")] = False,
    calibrate: Annotated[Path | None, typer.Option(help="Training photographs to calibrate INT8 on.")] = None,
) -> int:
    """Export trained checkpoints, measured, with their manifests.

    Of a folder, checkpoints of the shipped recipes are judged and exported all or none.
    """
    _require_torch()
    if int8 and calibrate is None:
        raise UsageError("--int8 needs pictures to calibrate on", "add --calibrate with a folder of photographs")
    if calibrate is not None and not int8:
        raise UsageError("--calibrate is for --int8", "add --int8, or leave it out")
    sets = {folder.name: folder for folder in measured or ()}
    exported = _ship(source, out, sets, calibrate) if source.is_dir() else [_export(source, out, sets, calibrate)]
    for each in exported:
        scores = "".join(f", {name} {quality.psnr_y:.2f} dB" for name, quality in each.manifest.quality.items())
        nearness = f"within {each.parity.largest:.1e} of the network ({each.parity.psnr:.0f} dB)"
        print(f"{each.manifest.name}: {each.manifest.precision}, {nearness}{scores}")
    return 0


def _ship(source: Path, out: Path, sets: dict[str, Path], photos: Path | None) -> list[Exported]:
    from framelift.export.ship import ship

    return ship(source, out, sets, photos)


def _export(source: Path, out: Path, sets: dict[str, Path], photos: Path | None) -> Exported:
    from framelift.export.manifest import Rights
    from framelift.export.onnx_from_checkpoint import export as export_one

    unstated = Rights(licence="not stated", attribution="", training_data=())
    return export_one(source, out, name=out.stem, rights=unstated, sets=sets, photos=photos)


def _require_torch() -> None:
    """Raises UsageError when the `train` extra is not installed."""
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise UsageError("this command needs torch, which is not installed", "pip install 'framelift[train]'")
