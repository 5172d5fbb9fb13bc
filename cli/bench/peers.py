"""`framelift bench peers`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..console import say
from .common import Json, Markdown, measured


def peers(
    clip: Annotated[
        str, typer.Option(help="A scene, in full size, such as natural:1280x720, or a video file.")
    ] = "natural:1280x720",
    scale: Annotated[int, typer.Option(help="2, 3 or 4: the clip is made so many times smaller.")] = 2,
    model: Annotated[
        list[str] | None, typer.Option(help="Ours; may be repeated; tiny-16 and tiny-8 by default.")
    ] = None,
    peer: Annotated[
        list[str] | None,
        typer.Option(
            help="onnxruntime, openvino, torch, opencv, ncnn, ffmpeg, nvidia; may be repeated; all by default."
        ),
    ] = None,
    opencv_python: Annotated[
        Path | None, typer.Option(help="The interpreter of an environment with opencv-contrib; this one by default.")
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(help="A folder with the peers' own networks: FSRCNN_x2.pb, realesr-animevideov3-x2.param, ..."),
    ] = None,
    pictures: Annotated[
        list[Path] | None, typer.Option(help="A folder of pictures to compare, too; may be repeated.")
    ] = None,
    preset: Annotated[str, typer.Option(help="x264's, of everybody's files.")] = "veryfast",
    crf: Annotated[float, typer.Option(help="x264's, likewise.")] = 18.0,
    repeat: Annotated[int, typer.Option(min=1, help="Turns of each peer; of files half as many.")] = 5,
    seconds: Annotated[
        float, typer.Option(min=0, help="Of each turn of frames; of a file some three times as many.")
    ] = 0.3,
    json: Json = None,
    markdown: Markdown = None,
) -> int:
    """Measure what a user would pick instead on the same clip: speed and quality, side by side. Prints Markdown."""
    from framelift.benchmarks.peers.measure import measure
    from framelift.benchmarks.peers.settings import FAMILIES, MODELS, Settings

    settings = Settings(
        clip=clip,
        scale=scale,
        models=tuple(model or MODELS),
        peers=tuple(peer or FAMILIES),
        opencv_python=opencv_python,
        weights=weights,
        pictures=tuple(pictures or ()),
        preset=preset,
        crf=crf,
        repeat=repeat,
        seconds=seconds,
    )
    return measured(lambda keep: measure(settings, say, keep), json, markdown)
