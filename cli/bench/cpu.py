"""`framelift bench cpu`."""

from __future__ import annotations

from typing import Annotated

import typer

from ..console import say
from .common import Json, Markdown, measured, size_of


def cpu(
    network: Annotated[
        list[str] | None, typer.Option(help="c8x6 for a random stack, or a model; may be repeated; all by default.")
    ] = None,
    runtime: Annotated[
        list[str] | None, typer.Option(help="native, onnxruntime, openvino, ncnn, opencv; may be repeated.")
    ] = None,
    size: Annotated[list[str] | None, typer.Option(help="WIDTHxHEIGHT of the planes; may be repeated.")] = None,
    threads: Annotated[list[int] | None, typer.Option(min=1, help="May be repeated; 1 and one for each core.")] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Turns of each case.")] = 7,
    json: Json = None,
    markdown: Markdown = None,
) -> int:
    """Measure networks alone: the native kernel on every set of instructions, beside its peers. Prints Markdown."""
    from framelift.benchmarks.cpu.measure import measure
    from framelift.benchmarks.cpu.settings import SIZES, Settings
    from framelift.benchmarks.runners import RUNTIMES

    settings = Settings(
        networks=tuple(network or ()),
        runtimes=tuple(runtime or RUNTIMES),
        sizes=tuple(map(size_of, size)) if size else SIZES,
        threads=tuple(threads or ()),
        repeat=repeat,
    )
    return measured(lambda keep: measure(settings, say, keep), json, markdown)
