"""`framelift bench quality`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from framelift.engine.errors import UsageError

from ..console import say
from .common import Json, Markdown, measured, size_of


def quality(
    pictures: Annotated[
        list[Path] | None,
        typer.Option(
            help="A folder of full-size pictures, such as Set5; may be repeated; a few are rendered by default."
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help="A name or an .onnx file; may be repeated; all that are shipped by default."),
    ] = None,
    scale: Annotated[list[int] | None, typer.Option(min=2, max=8, help="May be repeated; 2 by default.")] = None,
    backend: Annotated[list[str] | None, typer.Option(help="As for `framelift upscale`; may be repeated.")] = None,
    weights: Annotated[
        list[Path] | None,
        typer.Option(
            help="Published networks to compare with: .pb of OpenCV, .pth, .safetensors, or a folder of them."
        ),
    ] = None,
    lpips: Annotated[Path | None, typer.Option(help="Weights of LPIPS' backbone, as torchvision has them.")] = None,
    lpips_linear: Annotated[Path | None, typer.Option(help="And its authors' linear layers for that.")] = None,
    ffmpeg: Annotated[str, typer.Option(help="The command for VMAF; it needs libvmaf.")] = "ffmpeg",
    part: Annotated[
        list[str] | None, typer.Option(help="pictures, front, clips, rates; may be repeated; all by default.")
    ] = None,
    clip: Annotated[
        list[str] | None,
        typer.Option(
            help="A scene such as text:640x360:48f, or a video file; may be repeated; a small one by default."
        ),
    ] = None,
    codec: Annotated[list[str] | None, typer.Option(help="h264 or hevc; may be repeated; h264 by default.")] = None,
    crf: Annotated[list[int] | None, typer.Option(help="May be repeated; 18, 24, 30 and 36 by default.")] = None,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of the frames that are timed.")] = "640x360",
    threads: Annotated[int, typer.Option(min=1, help="That they are timed with.")] = 1,
    repeat: Annotated[int, typer.Option(min=1, help="Turns of timing.")] = 5,
    json: Json = None,
    markdown: Markdown = None,
) -> int:
    """Measure how near enlarged pictures and clips come to their originals, beside speed. Prints Markdown."""
    _require_opencv()
    from framelift.benchmarks.quality.measure import measure
    from framelift.benchmarks.quality.settings import DEFAULT_CLIPS, DEFAULT_CODECS, DEFAULT_CRFS, PARTS, Settings

    settings = Settings(
        pictures=tuple(pictures or ()),
        models=tuple(model or ()),
        scales=tuple(dict.fromkeys(scale or (2,))),
        backends=tuple(dict.fromkeys(backend or ("auto",))),
        weights=tuple(weights or ()),
        lpips=lpips,
        lpips_linear=lpips_linear,
        ffmpeg=ffmpeg,
        size=size_of(size),
        threads=threads,
        repeat=repeat,
        clips=tuple(clip or DEFAULT_CLIPS),
        codecs=tuple(dict.fromkeys(codec or DEFAULT_CODECS)),
        crfs=tuple(dict.fromkeys(crf or DEFAULT_CRFS)),
        parts=tuple(part or PARTS),
    )
    return measured(lambda keep: measure(settings, say, keep), json, markdown)


def _require_opencv() -> None:
    """It reads pictures, and is some of the filters."""
    if find_spec("cv2") is None:
        raise UsageError("this command needs OpenCV, which is not installed", "pip install 'framelift[bench]'")
