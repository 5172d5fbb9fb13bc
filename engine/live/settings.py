"""What may be chosen for one live stream, and what one server is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..upscaler import DEFAULT_MODEL

LONGEST_SDP = 64 << 10  # bytes; browsers send 3 to 8 KB


@dataclass(frozen=True)
class LiveSettings:
    """One stream's wishes. `model` is a shipped name or a path, or "bicubic"."""

    model: str = DEFAULT_MODEL
    scale: int = 2
    backend: str = "auto"
    precision: str = "auto"
    threads: int | None = None  # of the backend; one for each core by default
    bitrate: int | None = None  # bits a second; None: by the output's size and rate
    budget: float | None = None  # milliseconds a frame may stay; None: the interval between frames


@dataclass(frozen=True)
class IceSettings:
    """How peers reach each other. No server is asked unless the user names one."""

    servers: tuple[str, ...] = ()  # stun: and turn: URLs, handed to clients too
    username: str | None = None  # of the TURN servers
    credential: str | None = None
    addresses: tuple[str, ...] = ()  # local addresses to offer; none: all of this machine's


@dataclass(frozen=True)
class ServeSettings:
    """One server's."""

    host: str = "127.0.0.1"
    port: int = 8080
    token: str | None = None  # bearer token; needed to bind anything but loopback
    certificate: Path | None = None  # TLS
    private_key: Path | None = None
    origins: tuple[str, ...] = ()  # whose pages may ask; none: with a token any, without one only this server's own
    live: LiveSettings = LiveSettings()
    ice: IceSettings = IceSettings()
    max_sessions: int = 16  # publishers and viewers together
    max_picture_bytes: int = 32 << 20
    max_video_bytes: int = 1 << 30
    jobs_at_once: int = 1
    trace: Path | None = None  # Chrome's trace format: where each frame's time went; FILE-2 and so on after a restart
