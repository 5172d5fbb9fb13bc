"""`framelift demo` and `framelift bench`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import say

if TYPE_CHECKING:
    from framelift.benchmarks.demo import Demo
    from framelift.benchmarks.report import Report

bench = typer.Typer(help="Measure speed, memory and what is kept.", no_args_is_help=True, rich_markup_mode=None)


def demo(
    out: Annotated[Path, typer.Option(help="The folder for what is made.")] = Path("framelift-demo"),
) -> int:
    """Render a clip, make it small, upscale it, and compare with bicubic; exit 1 when the model is not better."""
    from framelift.benchmarks.demo import make_demo
    from framelift.engine.errors import ExitCode

    say("rendering a clip, making it small, and upscaling that")
    made = make_demo(out)
    _show_demo(made)
    for finding in made.verified.findings:
        say(f"verify: {finding.check}: {finding.message}")
    return ExitCode.DONE if made.gain > 0 and made.verified.ok else ExitCode.CHECK_FAILED


@bench.command()
def pipeline(
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of the clip that is rendered and upscaled.")] = "640x360",
    frames: Annotated[int, typer.Option(min=2)] = 240,
    model: Annotated[list[str] | None, typer.Option(help="May be repeated; tiny-16 by default.")] = None,
    scale: Annotated[int, typer.Option(help="2, 3 or 4.")] = 2,
    backend: Annotated[list[str] | None, typer.Option(help="As for `framelift upscale`; may be repeated.")] = None,
    precision: Annotated[list[str] | None, typer.Option(help="As for `framelift upscale`; may be repeated.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Of the backend; one for each core by default.")] = None,
    mode: Annotated[str, typer.Option(help="As for `framelift upscale`.")] = "throughput",
    reuse: Annotated[bool, typer.Option(help="As for `framelift upscale`.")] = True,
    preset: Annotated[str | None, typer.Option(help="The encoder's, as for `framelift upscale`.")] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Runs of each case, the cases in turns.")] = 5,
    long: Annotated[bool, typer.Option("--long", help="Also show that memory does not grow with the length.")] = False,
    report: Annotated[Path | None, typer.Option("--json", help="Write the report here.")] = None,
) -> int:
    """Measure whole runs: speed, each stage's share, memory; models beside plain bicubic. Prints Markdown."""
    from framelift.benchmarks.pipeline import Settings, measure
    from framelift.benchmarks.render import Clip

    width, height = _size_of(size)
    settings = Settings(
        clip=Clip(width, height, frames),
        models=tuple(model or ("tiny-16",)),
        scale=scale,
        backends=tuple(backend or ("auto",)),
        precisions=tuple(precision or ("auto",)),
        threads=threads,
        mode=mode,
        reuse=reuse,
        preset=preset,
        repeat=repeat,
        long=long,
    )
    return _measured(lambda: measure(settings, say), report)


@bench.command()
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
    report: Annotated[Path | None, typer.Option("--json", help="Write the report here.")] = None,
) -> int:
    """Measure networks alone: the native kernel on every set of instructions, beside its peers. Prints Markdown."""
    from framelift.benchmarks.cpu import SIZES, Settings, measure
    from framelift.benchmarks.runners import RUNTIMES

    settings = Settings(
        networks=tuple(network or ()),
        runtimes=tuple(runtime or RUNTIMES),
        sizes=tuple(map(_size_of, size)) if size else SIZES,
        threads=tuple(threads or ()),
        repeat=repeat,
    )
    return _measured(lambda: measure(settings, say), report)


@bench.command()
def reuse(
    clip: Annotated[
        list[str] | None,
        typer.Option(help="screen, camera, animation, noise, or a video file; may be repeated; all scenes by default."),
    ] = None,
    model: Annotated[list[str] | None, typer.Option(help="May be repeated; tiny-8 and tiny-16 by default.")] = None,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of the scenes, which are rendered.")] = "640x360",
    frames: Annotated[int, typer.Option(min=2, help="Of the scenes, and at most of a file.")] = 72,
    repeat: Annotated[int, typer.Option(min=1, help="Passes over each clip.")] = 5,
    report: Annotated[Path | None, typer.Option("--json", help="Write the report here.")] = None,
) -> int:
    """Measure what is spared where parts of the picture do not change, and the cost where all does. Prints Markdown."""
    from framelift.benchmarks.reuse import Settings, measure
    from framelift.benchmarks.reuse_scenes import KINDS

    settings = Settings(
        clips=tuple(clip or KINDS),
        models=tuple(model or ("tiny-8", "tiny-16")),
        size=_size_of(size),
        frames=frames,
        repeat=repeat,
    )
    return _measured(lambda: measure(settings, say), report)


@bench.command()
def report(file: Annotated[Path, typer.Argument(help="What `framelift bench ... --json` has written.")]) -> int:
    """Show a report as Markdown."""
    from framelift.benchmarks.documents import markdown
    from framelift.benchmarks.report import read_report

    print(markdown(read_report(file)), end="")
    return 0


@bench.command()
def files(
    folders: Annotated[list[Path], typer.Argument(help="Every file in them, and in folders in them, is tried.")],
    out: Annotated[Path, typer.Option(help="The Markdown document to write.")],
    model: Annotated[str, typer.Option(help="As for `framelift upscale`.")] = "tiny-16",
    suffix: Annotated[str, typer.Option(help="The outputs' container.")] = ".mkv",
) -> int:
    """Upscale and verify every file; exit 1 when one is neither kept whole nor refused as documented."""
    from framelift.benchmarks.files import Outcome, examine, markdown
    from framelift.benchmarks.report import check_place, write_text
    from framelift.engine.containers import container_for
    from framelift.engine.errors import ExitCode
    from framelift.engine.plan import Options

    container_for(Path(f"output{suffix}"))
    check_place(out)
    rows = examine(folders, Options(model=model), suffix, say)
    names = " ".join(folder.resolve().name for folder in folders)
    document = out.name if out.is_absolute() else out
    command = f"framelift bench files {names} --out {document} --model {model} --suffix {suffix}"
    write_text(markdown(rows, command), out)
    failed = [row.name for row in rows if row.outcome is Outcome.FAILED]
    say(f"{len(rows)} files, {len(failed)} failed; the table is in {out}")
    return ExitCode.CHECK_FAILED if failed else ExitCode.DONE


def _measured(measure: Callable[[], Report], place: Path | None) -> int:
    """Measure, print the report as Markdown, and write it to `place`, which is looked at before the work."""
    from framelift.benchmarks.documents import markdown
    from framelift.benchmarks.report import check_place, write_report

    if place is not None:
        check_place(place)
    measured = measure()
    if place is not None:
        write_report(measured, place)
    print(markdown(measured), end="")
    return 0


def _show_demo(made: Demo) -> None:
    from framelift.benchmarks.demo import CLIP, SCALE
    from rich.console import Console
    from rich.table import Table

    small, large = f"{CLIP.width // SCALE}x{CLIP.height // SCALE}", f"{CLIP.width}x{CLIP.height}"
    table = Table(title=f"framelift demo: {small} to {large}", title_justify="left")
    for name in ("", "PSNR-Y", "gain"):
        table.add_column(name, justify="left" if not name else "right")
    table.add_row("bicubic", f"{made.psnr_bicubic:.2f} dB", "")
    table.add_row("framelift", f"{made.psnr:.2f} dB", f"{made.gain:+.2f} dB")
    Console().print(table)
    print(f"{made.frames} frames at {made.fps:.1f} fps; verify: {'ok' if made.verified.ok else 'not kept'}")
    print("Rendered edges are where models gain most; `framelift models` has the figures for photographs.")
    for path, what in (
        (made.small, "what was upscaled"),
        (made.large, "the upscaled video"),
        (made.picture, "a part of one frame: original, bicubic, framelift"),
    ):
        print(f"{path}: {what}")


def _size_of(text: str) -> tuple[int, int]:
    """Raises UsageError for what cannot be rendered and encoded."""
    from framelift.engine.errors import UsageError

    match = re.fullmatch(r"(\d+)x(\d+)", text)
    width, height = (int(side) for side in match.groups()) if match else (0, 0)
    if min(width, height) < 32 or width % 2 or height % 2:
        raise UsageError(f"--size {text!r}: WIDTHxHEIGHT, both even and at least 32", "for instance 640x360")
    return width, height
