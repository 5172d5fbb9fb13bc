"""`framelift bench live`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import say

if TYPE_CHECKING:
    from framelift.benchmarks.report import Report


def live(
    case: Annotated[
        list[str] | None,
        typer.Option(help="latency, browser, quality, viewers, loss, overload, soak; may be repeated; all by default."),
    ] = None,
    codec: Annotated[list[str] | None, typer.Option(help="h264 or vp8; may be repeated; both by default.")] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            min=3, max=1800, help="Of each run, from the first picture; overload 60, soak 600, others 10 or 15."
        ),
    ] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Turns of latency, browser and viewers.")] = 3,
    model: Annotated[str, typer.Option(help="As for `framelift serve`.")] = "tiny-16",
    scale: Annotated[int, typer.Option(min=2, max=4, help="As for `framelift serve`.")] = 2,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of what is published.")] = "640x360",
    frames: Annotated[int, typer.Option(min=2, help="Rendered at first, then played to and fro.")] = 60,
    sessions: Annotated[int, typer.Option(min=1, help="Opened and closed by soak.")] = 200,
    report: Annotated[Path | None, typer.Option("--json", help="Write the report here.")] = None,
    document: Annotated[Path | None, typer.Option("--markdown", help="And here, for people.")] = None,
) -> int:
    """Measure live video: glass to glass, loss, overload, quality, beside plain aiortc. Prints Markdown."""
    _require_extra(case)
    from framelift.benchmarks.live.bench import measure
    from framelift.benchmarks.live.codecs import MIME_TYPES, codec_named
    from framelift.benchmarks.live.settings import SECONDS, Settings
    from framelift.benchmarks.live_tables import document as shown
    from framelift.benchmarks.report import check_place, write_report, write_text

    settings = Settings(
        cases=tuple(case or SECONDS),
        codecs=tuple(map(codec_named, codec or MIME_TYPES)),
        seconds=seconds,
        repeat=repeat,
        model=model,
        scale=scale,
        size=_size_of(size),
        frames=frames,
        sessions=sessions,
    )
    for place in (report, document):
        if place is not None:
            check_place(place)

    def keep(measured: Report) -> None:
        """What was measured when somebody interrupts the rest."""
        if report is not None:
            write_report(measured, report)
        if document is not None:
            write_text(shown(measured), document)

    measured = measure(settings, say, keep)
    print(shown(measured), end="")
    return 0


def _size_of(text: str) -> tuple[int, int]:
    """Raises UsageError for what cannot be rendered, made smaller and encoded."""
    from framelift.benchmarks.live.frame_id import SMALLEST
    from framelift.engine.errors import UsageError

    match = re.fullmatch(r"(\d+)x(\d+)", text)
    width, height = (int(side) for side in match.groups()) if match else (0, 0)
    if width < SMALLEST or height < 32 or width % 2 or height % 2:
        raise UsageError(
            f"--size {text!r}: WIDTHxHEIGHT, both even, at least {SMALLEST} wide and 32 high", "for instance 640x360"
        )
    return width, height


def _require_extra(cases: list[str] | None) -> None:
    """Raises UsageError when what the cases need is not installed."""
    from importlib.util import find_spec

    from framelift.engine.errors import UsageError

    needed = ["aiortc", "fastapi", "prometheus_client", "uvicorn"]
    needed += ["playwright"] if not cases or "browser" in cases else []
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"bench live needs {', '.join(missing)}", "pip install 'framelift[live]', and playwright for case browser"
        )
