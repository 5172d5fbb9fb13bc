"""`framelift bench pipeline`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from ..console import say
from .common import Json, Markdown, measured, size_of

FRAMES = 240


def pipeline(
    clip: Annotated[
        str, typer.Option(help="A scene with parameters, such as text:1280x720:48f:30fps, or a video file.")
    ] = "natural",
    size: Annotated[str | None, typer.Option(help="WIDTHxHEIGHT of the scene; 640x360 by default.")] = None,
    frames: Annotated[int | None, typer.Option(min=2, help="Of the scene; 240 by default.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="May be repeated; tiny-16 by default.")] = None,
    scale: Annotated[int, typer.Option(help="2, 3 or 4.")] = 2,
    backend: Annotated[list[str] | None, typer.Option(help="As for `framelift upscale`; may be repeated.")] = None,
    precision: Annotated[list[str] | None, typer.Option(help="As for `framelift upscale`; may be repeated.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Of the backend; one for each core by default.")] = None,
    mode: Annotated[str, typer.Option(help="As for `framelift upscale`.")] = "throughput",
    reuse: Annotated[bool, typer.Option(help="As for `framelift upscale`.")] = True,
    preset: Annotated[str | None, typer.Option(help="The encoder's, as for `framelift upscale`.")] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Runs of each case, the cases in turns.")] = 5,
    sizes: Annotated[bool, typer.Option("--sizes", help="Also the first model from 320x180 to 1920x1080.")] = False,
    long: Annotated[bool, typer.Option("--long", help="Also show that memory does not grow with the length.")] = False,
    streams: Annotated[
        bool, typer.Option("--streams", help="Also how many live streams of the clip run at once until one is late.")
    ] = False,
    rate: Annotated[
        int | None, typer.Option(min=1, max=240, help="Of these streams, frames a second; the clip's by default.")
    ] = None,
    json: Json = None,
    markdown: Markdown = None,
) -> int:
    """Measure whole runs: speed, each stage's share, waits, memory; models beside plain bicubic. Prints Markdown."""
    from framelift.benchmarks.pipeline.measure import measure
    from framelift.benchmarks.pipeline.settings import Settings

    settings = Settings(
        clip=_clip(clip, size, frames),
        models=tuple(model or ("tiny-16",)),
        scale=scale,
        backends=tuple(backend or ("auto",)),
        precisions=tuple(precision or ("auto",)),
        threads=threads,
        mode=mode,
        reuse=reuse,
        preset=preset,
        repeat=repeat,
        sizes=sizes,
        long=long,
        streams=streams,
        rate=rate,
    )
    return measured(lambda keep: measure(settings, say, keep), json, markdown)


def _clip(clip: str, size: str | None, frames: int | None) -> str:
    """With what the other options say of it, which only a scene can follow. Raises UsageError."""
    from framelift.benchmarks.workloads import SCENES
    from framelift.engine.errors import UsageError

    if clip.partition(":")[0] not in SCENES:
        if Path(clip).is_file() and (size or frames):
            raise UsageError(
                f"--clip {clip} is a file and has its own size and length", "leave --size and --frames out"
            )
        return clip
    words = [clip] if size is None else [clip, "x".join(map(str, size_of(size)))]
    if frames is not None or not re.search(r":\d+f(:|$)", clip):
        words.append(f"{frames or FRAMES}f")
    return ":".join(words)
