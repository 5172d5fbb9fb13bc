"""What the commands print: results on stdout, all else on stderr."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from framelift.engine.pipeline import Watch
    from framelift.engine.timing import Timing


@dataclass
class Verbosity:
    """What the whole command was asked for."""

    debug: bool = False


verbosity = Verbosity()


def show_error(message: str, hint: str) -> None:
    """The two lines every error has; with `--debug`, the traceback of the one being handled before them."""
    if verbosity.debug and sys.exc_info()[0] is not None:
        traceback.print_exc()
    print(f"error: {_one_line(message)}", file=sys.stderr)
    print(f"hint: {_one_line(hint)}", file=sys.stderr)


def show_internal_error(error: Exception) -> None:
    """A fault of the program's own."""
    show_error(f"internal error: {type(error).__name__}: {error}", "run again with --debug and report what it prints")


def say(text: str) -> None:
    """A line about what goes on."""
    print(text, file=sys.stderr)


@contextmanager
def progress(title: str, total: int | None) -> Iterator[Watch]:
    """A bar with frames per second, time left and the stage that limits; plain silence where stderr is no terminal."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[fps]:.1f} fps, {task.fields[limit]} limits", markup=False),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=total, fps=0.0, limit="decode")

        def watch(timing: Timing, seconds: float) -> None:
            done = timing.frames
            bar.update(task, completed=done, fps=done / max(seconds, 1e-9), limit=timing.limiting_stage())

        yield watch


def _one_line(text: str) -> str:
    """File names may hold anything, also line breaks and what stderr cannot encode."""
    encoding = sys.stderr.encoding or "utf-8"
    flat = " ".join(text.splitlines())
    return flat.encode(encoding, "backslashreplace").decode(encoding)
