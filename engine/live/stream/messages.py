"""What the stream tells the process that writes, and what that answers. Every message is answered."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

LIMIT = 5.0  # seconds one message may take
END_LIMIT = 30.0  # likewise the end of a file, whose index may be large


@dataclass(frozen=True)
class Open:
    """A destination to connect to; closes the one before."""

    url: str
    muxer: str
    options: dict[str, str]
    bridged: bool  # through the ffmpeg command
    codec: str
    width: int
    height: int
    rate: Fraction | None
    sound: bytes | None  # a Matroska file with a packet of it


@dataclass(frozen=True)
class Write:
    """A packet."""

    sound: bool
    data: bytes
    pts: int
    duration: int
    time_base: Fraction
    keyframe: bool


@dataclass(frozen=True)
class Close:
    """The end."""


@dataclass(frozen=True)
class Done:
    """It is done; times in seconds of `time.perf_counter`, which all processes share."""

    began: float
    ended: float


@dataclass(frozen=True)
class Failed:
    """It is not, and the destination is closed."""

    reason: str


Message: TypeAlias = Open | Write | Close


def limit_of(message: Message) -> float:
    """Seconds it may take to carry out `message`."""
    return END_LIMIT if isinstance(message, Close) else LIMIT
