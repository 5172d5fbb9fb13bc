"""`framelift demo` and `framelift bench`."""

from __future__ import annotations

import typer

bench = typer.Typer(help="Measure speed, memory and quality.", no_args_is_help=True, rich_markup_mode=None)


def demo() -> int:
    """Render a clip, upscale it and compare with bicubic."""
    return 0


@bench.command()
def pipeline() -> int:
    """Measure a whole file run."""
    return 0
