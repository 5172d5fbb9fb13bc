"""`framelift serve`: live video over WebRTC, pictures and clips over HTTP, and a page for both."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import say


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; any but this machine's own needs --token.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="TCP port; 0 takes any that is free.")] = 8080,
    token: Annotated[
        str | None,
        typer.Option(envvar="FRAMELIFT_TOKEN", help="Bearer token that clients must send."),
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="TLS: certificate with its chain, PEM.")] = None,
    private_key: Annotated[Path | None, typer.Option(help="TLS: its key, PEM, without a password.")] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="Origin whose pages may ask, such as https://studio.example; '*' for any. Repeatable."),
    ] = None,
    model: Annotated[
        str, typer.Option(help="Model of a stream that names none: a name, an .onnx file, or bicubic.")
    ] = ("tiny-16"),
    scale: Annotated[int, typer.Option(min=1, max=4, help="Scale of a stream that names none.")] = 2,
    bitrate: Annotated[
        int | None, typer.Option(min=100_000, max=100_000_000, help="Bits a second; by size and rate by default.")
    ] = None,
    budget: Annotated[
        float | None, typer.Option(min=1, help="Milliseconds a frame may stay; the time between frames by default.")
    ] = None,
    backend: Annotated[str, typer.Option(help="As of upscale.")] = "auto",
    precision: Annotated[str, typer.Option(help="As of upscale.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="Of the backend; one for each core by default.")] = None,
    ice_address: Annotated[
        list[str] | None, typer.Option(help="Local address to offer to peers; all of them by default. Repeatable.")
    ] = None,
    ice_server: Annotated[
        list[str] | None, typer.Option(help="stun: or turn: URL, told to clients too; none by default. Repeatable.")
    ] = None,
    ice_username: Annotated[str | None, typer.Option(help="Of the TURN servers.")] = None,
    ice_credential: Annotated[
        str | None, typer.Option(envvar="FRAMELIFT_ICE_CREDENTIAL", help="Of the TURN servers.")
    ] = None,
    max_sessions: Annotated[int, typer.Option(min=1, max=1000, help="Publishers and viewers together.")] = 16,
    max_picture_mb: Annotated[int, typer.Option(min=1, help="Largest picture that is taken, in MiB.")] = 32,
    max_video_mb: Annotated[int, typer.Option(min=1, help="Largest video file that is taken, in MiB.")] = 1024,
    jobs_at_once: Annotated[int, typer.Option(min=1, max=64, help="Video files that are enlarged side by side.")] = 1,
    trace: Annotated[
        Path | None, typer.Option(help="Write where each frame's time went, in Chrome's trace format.")
    ] = None,
) -> int:
    """Serve WHIP, WHEP, pictures, clips and a web page, until Ctrl-C (exit code 0)."""
    _require_extra()
    from framelift.engine.live.http.server import serve as run
    from framelift.engine.live.settings import IceSettings, LiveSettings, ServeSettings

    settings = ServeSettings(
        host=host,
        port=port,
        token=token,
        certificate=certificate,
        private_key=private_key,
        origins=tuple(origin or ()),
        live=LiveSettings(model, scale, backend, precision, threads, bitrate, budget),
        ice=IceSettings(tuple(ice_server or ()), ice_username, ice_credential, tuple(ice_address or ())),
        max_sessions=max_sessions,
        max_picture_bytes=max_picture_mb << 20,
        max_video_bytes=max_video_mb << 20,
        jobs_at_once=jobs_at_once,
        trace=trace,
    )
    run(settings, _announce)
    say("ended")
    return 0


def _announce(address: str) -> None:
    print(f"framelift serves {address} (Ctrl-C ends it)", flush=True)


def _require_extra() -> None:
    """Raises UsageError when the extra is not installed."""
    from importlib.util import find_spec

    from framelift.engine.errors import UsageError

    missing = [name for name in ("aiortc", "fastapi", "prometheus_client", "uvicorn") if find_spec(name) is None]
    if missing:
        raise UsageError(f"serve needs {', '.join(missing)}", "pip install 'framelift[live]'")
