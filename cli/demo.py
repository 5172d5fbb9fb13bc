"""`framelift demo`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import say

if TYPE_CHECKING:
    from framelift.benchmarks.demo import Demo


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
