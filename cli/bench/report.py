"""`framelift bench report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..console import say


def report(
    file: Annotated[Path, typer.Argument(help="What `framelift bench ... --json` has written.")],
    out: Annotated[Path | None, typer.Option(help="A folder for Markdown, a page and plots as SVG and PNG.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write one page here that needs no other file.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write Markdown without plots here.")] = None,
) -> int:
    """Show a report: as Markdown, unless told where to write what."""
    from framelift.benchmarks.pages import contents
    from framelift.benchmarks.report import check_place, read_report, write_text

    places = [place for place in (html, markdown) if place is not None]
    for place in places:
        check_place(place)
    shown = read_report(file)
    if markdown is not None:
        write_text(contents.markdown(shown), markdown)
    if out is not None or html is not None:
        require_plots()
        from framelift.benchmarks.pages.folder import write_folder
        from framelift.benchmarks.pages.html import page

        places += write_folder(shown, out) if out is not None else []
        if html is not None:
            write_text(page(shown), html)
    for place in places:
        say(str(place))
    if not places:
        print(contents.markdown(shown), end="")
    return 0


def require_plots() -> None:
    """Raises UsageError where nothing can draw."""
    from importlib.util import find_spec

    from framelift.engine.errors import UsageError

    if find_spec("matplotlib") is None:
        raise UsageError("plots need matplotlib", "pip install 'framelift[bench]'; Markdown needs nothing else")
