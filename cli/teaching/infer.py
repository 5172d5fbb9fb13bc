"""`framelift infer`: pictures through a model, no truth asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from framelift.engine.errors import UsageError

from .needs import require_torch
from .upscalers import upscaler_named


def infer(
    model: Annotated[str, typer.Argument(help="As for `evaluate`.")],
    pictures: Annotated[Path, typer.Argument(metavar="PICTURES", help="A picture, or a folder of them.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A folder for the enlarged pictures, PNG.")],
    scale: Annotated[int | None, typer.Option(min=1, help="Of a model that comes in several.")] = None,
) -> int:
    """Enlarge pictures, with a checkpoint while it is trained or any other model."""
    require_torch()
    from framelift.training.comparison import write_png
    from framelift.training.photos import photo_paths, read_rgb

    if not pictures.exists():
        raise UsageError(f"there is no {pictures}", "give a picture, or a folder of them")
    sources = photo_paths(pictures) if pictures.is_dir() else [pictures]
    root = pictures if pictures.is_dir() else pictures.parent
    targets = _targets({source: (out / source.relative_to(root)).with_suffix(".png") for source in sources})
    with upscaler_named(model, scale) as upscaler:
        for source, target in targets.items():
            write_png(target, upscaler.rgb(read_rgb(source)))
            print(target)
    return 0


def _targets(of: dict[Path, Path]) -> dict[Path, Path]:
    """As they are. Raises UsageError where a picture would be written over another, or over a source."""
    sources, seen = {source.resolve() for source in of}, dict[Path, Path]()
    for source, target in of.items():
        if target.resolve() in sources:
            raise UsageError(f"{target} is one of the pictures", "choose another folder for the enlarged ones")
        if target in seen:
            raise UsageError(f"{seen[target]} and {source} would both become {target}", "rename one of them")
        seen[target] = source
    return of
