"""`framelift infer`: pictures through a model, no truth asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .needs import require_torch
from .upscalers import upscaler_named


def infer(
    model: Annotated[str, typer.Argument(help="As for `evaluate`.")],
    pictures: Annotated[Path, typer.Argument(metavar="PICTURES", help="A picture, or a folder of them.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A folder for the enlarged pictures, PNG.")],
    scale: Annotated[int | None, typer.Option(help="Of a model that comes in several.")] = None,
) -> int:
    """Enlarge pictures, with a checkpoint while it is trained or any other model."""
    require_torch()
    from framelift.training.comparison import write_png
    from framelift.training.photos import photo_paths, read_rgb

    sources = photo_paths(pictures) if pictures.is_dir() else [pictures]
    root = pictures if pictures.is_dir() else pictures.parent
    with upscaler_named(model, scale) as upscaler:
        for source in sources:
            target = (out / source.relative_to(root)).with_suffix(".png")
            write_png(target, upscaler.rgb(read_rgb(source)))
            print(target)
    return 0
