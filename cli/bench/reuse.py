"""`framelift bench reuse`."""

from __future__ import annotations

from typing import Annotated

import typer

from ..console import say
from .common import Json, Markdown, measured


def reuse(
    clip: Annotated[
        list[str] | None,
        typer.Option(help="A scene, such as screen:640x360:72f:24fps, or a video file; may be repeated."),
    ] = None,
    model: Annotated[list[str] | None, typer.Option(help="May be repeated; tiny-8 and tiny-16 by default.")] = None,
    frames: Annotated[int, typer.Option(min=2, help="At most, of each clip.")] = 72,
    repeat: Annotated[int, typer.Option(min=1, help="Passes over each clip.")] = 5,
    json: Json = None,
    markdown: Markdown = None,
) -> int:
    """Measure what is spared where parts of the picture do not change, and the cost where all does. Prints Markdown."""
    from framelift.benchmarks.reuse.measure import measure
    from framelift.benchmarks.reuse.settings import CLIPS, Settings

    settings = Settings(
        clips=tuple(clip or CLIPS),
        models=tuple(model or ("tiny-8", "tiny-16")),
        frames=frames,
        repeat=repeat,
    )
    return measured(lambda keep: measure(settings, say, keep), json, markdown)
