"""What the commands that measure share."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from framelift.engine.errors import ExitCode, FrameliftError, UsageError

if TYPE_CHECKING:
    from framelift.benchmarks.report import Report

Json = Annotated[Path | None, typer.Option("--json", help="Write the report here.")]
Markdown = Annotated[Path | None, typer.Option("--markdown", help="And here, for people.")]


class BenchInterrupted(FrameliftError):
    """Somebody ended it, or what runs it did."""

    exit_code = ExitCode.INTERRUPTED


def measured(measure: Callable[[Callable[[Report], None]], Report], json: Path | None, markdown: Path | None) -> int:
    """Measure, write the report to both places and print it as Markdown.

    `measure` gets what keeps a report on the way: both files are written again after each part, so that whoever
    interrupts the rest, by Ctrl-C or SIGTERM, loses only that. Raises OutputError before the work where a place cannot
    be written, and BenchInterrupted.
    """
    from framelift.benchmarks.pages.contents import markdown as shown
    from framelift.benchmarks.report import check_place, write_report, write_text

    for place in (json, markdown):
        if place is not None:
            check_place(place)
    kept: list[Report] = []

    def keep(report: Report) -> None:
        kept[:] = [report]
        if json is not None:
            write_report(report, json)
        if markdown is not None:
            write_text(shown(report), markdown)

    try:
        keep(measure(keep))
    except KeyboardInterrupt:
        if kept:
            print(shown(kept[0]), end="")
        raise BenchInterrupted(*_interrupted(bool(kept), json or markdown)) from None
    print(shown(kept[0]), end="")
    return ExitCode.DONE


def size_of(text: str) -> tuple[int, int]:
    """Width and height. Raises UsageError for what cannot be rendered and encoded."""
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    width, height = (int(side) for side in match.groups()) if match else (0, 0)
    if min(width, height) < 32 or width % 2 or height % 2:
        raise UsageError(f"--size {text!r}: WIDTHxHEIGHT, both even and at least 32", "for instance 640x360")
    return width, height


def _interrupted(kept: bool, place: Path | None) -> tuple[str, str]:
    """Message and hint."""
    if not kept:
        return "interrupted before anything was measured", "run the command again"
    where = "is printed above" if place is None else f"stands in {place}"
    return f"interrupted; what was measured until then {where}", "run the command again for the rest"
