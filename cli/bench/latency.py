"""`framelift bench latency`."""

from __future__ import annotations

from typing import Annotated

import typer

from ..console import say
from .common import Json, Markdown, measured, size_of


def latency(
    model: Annotated[list[str] | None, typer.Option(help="May be repeated; tiny-8 and tiny-16 by default.")] = None,
    backend: Annotated[
        list[str] | None, typer.Option(help="As for `framelift upscale`; may be repeated; all there are by default.")
    ] = None,
    precision: Annotated[
        list[str] | None,
        typer.Option(
            help="As for `framelift upscale`; may be repeated; int8 and fp32 of native, else fp32 by default."
        ),
    ] = None,
    clip: Annotated[str, typer.Option(help="A scene that is rendered, or a video file.")] = "natural",
    size: Annotated[
        list[str] | None,
        typer.Option(help="WIDTHxHEIGHT of the input; may be repeated; 640x360 and 1280x720 by default."),
    ] = None,
    scale: Annotated[list[int] | None, typer.Option(help="2, 3 or 4; may be repeated; 2 by default.")] = None,
    threads: Annotated[list[int] | None, typer.Option(min=1, help="May be repeated; 1 and one for each core.")] = None,
    turns: Annotated[int, typer.Option(min=2, help="Of each case, the cases in turn.")] = 4,
    seconds: Annotated[float, typer.Option(min=0, help="Of each turn of a case, at least 8 frames.")] = 0.3,
    cold: Annotated[bool, typer.Option(help="Also processes from their start to their first frame.")] = True,
    json: Json = None,
    markdown: Markdown = None,
) -> int:
    """Measure what one frame takes, end to end and by stage, and from a process's start. Prints Markdown."""
    from framelift.benchmarks.latency.measure import measure
    from framelift.benchmarks.latency.settings import Settings

    settings = Settings(
        models=tuple(model or ("tiny-8", "tiny-16")),
        backends=tuple(backend or ()),
        precisions=tuple(precision or ()),
        clip=clip,
        sizes=tuple(map(size_of, size or ())),
        scales=tuple(scale or (2,)),
        threads=tuple(threads or ()),
        turns=turns,
        seconds=seconds,
        cold=cold,
    )
    return measured(lambda keep: measure(settings, say, keep), json, markdown)
