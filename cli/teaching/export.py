"""`framelift export`: checkpoints to models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from framelift.engine.errors import UsageError

from .needs import require_torch

if TYPE_CHECKING:
    from framelift.export.onnx_from_checkpoint import Exported


def export(
    source: Annotated[
        Path, typer.Argument(metavar="CHECKPOINTS", help="A folder of runs named TIER-xSCALE, or one checkpoint.")
    ],
    out: Annotated[Path, typer.Argument(metavar="MODELS", help="The models' folder; of one checkpoint, its .onnx.")],
    measured: Annotated[
        list[Path] | None, typer.Option("--evaluate", help="Folder of a benchmark set; may be repeated.")
    ] = None,
    half: Annotated[bool, typer.Option("--fp16", help="In FP16; of a folder, in FP32 too.")] = False,
    int8: Annotated[bool, typer.Option("--int8", help="In INT8; of a folder, in FP32 too.")] = False,
    calibrate: Annotated[Path | None, typer.Option(help="Training photographs to calibrate INT8 on.")] = None,
) -> int:
    """Export trained checkpoints, measured, with their manifests.

    Of a folder, checkpoints of the shipped recipes are judged and exported all or none.
    """
    require_torch()
    if int8 and calibrate is None:
        raise UsageError("--int8 needs pictures to calibrate on", "add --calibrate with a folder of photographs")
    if calibrate is not None and not int8:
        raise UsageError("--calibrate is for --int8", "add --int8, or leave it out")
    if half and int8 and not source.is_dir():
        raise UsageError("one checkpoint is exported in one form", "leave out --fp16 or --int8")
    sets = {folder.name: folder for folder in measured or ()}
    write = _ship if source.is_dir() else _export
    exported = write(source, out, sets, calibrate, half=half)
    for each in exported:
        scores = "".join(f", {name} {quality.psnr_y:.2f} dB" for name, quality in each.manifest.quality.items())
        nearness = f"within {each.parity.largest:.1e} of the network ({each.parity.psnr:.0f} dB)"
        print(f"{each.manifest.name}: {each.manifest.precision}, {nearness}{scores}")
    return 0


def _ship(source: Path, out: Path, sets: dict[str, Path], photos: Path | None, *, half: bool) -> list[Exported]:
    from framelift.export.ship import ship

    return ship(source, out, sets, photos, half=half)


def _export(source: Path, out: Path, sets: dict[str, Path], photos: Path | None, *, half: bool) -> list[Exported]:
    from framelift.export.manifest import Rights
    from framelift.export.onnx_from_checkpoint import export as export_one

    unstated = Rights(licence="not stated", attribution="", training_data=())
    return [export_one(source, out, name=out.stem, rights=unstated, sets=sets, photos=photos, half=half)]
