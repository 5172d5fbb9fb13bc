"""`framelift bench all`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..console import say
from .common import Json, Markdown, measured


def everything(
    part: Annotated[
        list[str] | None,
        typer.Option(help="latency, pipeline, quality, peers, live; may be repeated; all by default."),
    ] = None,
    pictures: Annotated[
        list[Path] | None,
        typer.Option(help="A folder of pictures, such as Set5; may be repeated; rendered by default."),
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="A folder with published networks to measure against.")] = None,
    opencv_python: Annotated[
        Path | None, typer.Option(help="The interpreter of an environment that has opencv-contrib.")
    ] = None,
    json: Json = None,
    markdown: Markdown = None,
) -> int:
    """Measure everything, in a quarter of an hour: one report of all kinds. Prints Markdown."""
    from framelift.benchmarks.everything.measure import measure
    from framelift.benchmarks.everything.settings import PARTS, Settings

    settings = Settings(
        parts=tuple(part or PARTS),
        pictures=tuple(pictures or ()),
        weights=weights,
        opencv_python=opencv_python,
    )
    return measured(lambda keep: measure(settings, say, keep), json, markdown)
