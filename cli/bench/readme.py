"""`framelift bench readme`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from framelift.engine.errors import ExitCode

from ..console import say


def readme(
    file: Annotated[Path, typer.Argument(help="A Markdown file with tables marked as measured.")] = Path("README.md"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 when a table would change.")] = False,
) -> int:
    """Take README's tables from the reports that their markers name."""
    from framelift.benchmarks.pages.readme import filled, is_current
    from framelift.benchmarks.report import write_text

    if is_current(file):
        say(f"{file}: every table is as its report gives it")
    elif check:
        say(f"{file}: tables differ from their reports; `framelift bench readme {file}` takes them over")
        return ExitCode.CHECK_FAILED
    else:
        write_text(filled(file), file)
        say(f"{file}: tables taken over from their reports")
    return ExitCode.DONE
