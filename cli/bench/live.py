"""`framelift bench live`."""

from __future__ import annotations

from typing import Annotated

import typer

from ..console import say
from .common import Json, Markdown, measured, size_of


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
    json: Json = None,
    markdown: Markdown = None,
) -> int:
    """Measure live video: glass to glass, loss, overload, quality, beside plain aiortc. Prints Markdown."""
    _require_extra(case)
    from framelift.benchmarks.live.codecs import MIME_TYPES, codec_named
    from framelift.benchmarks.live.measure import measure
    from framelift.benchmarks.live.settings import SECONDS, Settings

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
    return measured(lambda keep: measure(settings, say, keep), json, markdown)


def _size_of(text: str) -> tuple[int, int]:
    """Raises UsageError for what cannot be rendered, made smaller and encoded."""
    from framelift.benchmarks.live.frame_id import SMALLEST
    from framelift.engine.errors import UsageError

    width, height = size_of(text)
    if width < SMALLEST:
        raise UsageError(f"--size {text!r}: at least {SMALLEST} wide, for a frame's number", "for instance 640x360")
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
