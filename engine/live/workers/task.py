"""What a worker is asked, and what it answers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Action = Literal["picture", "inspect", "clip"]


@dataclass(frozen=True)
class Caps:
    """What one file may take; over it, it is refused."""

    pixels: int  # of an enlarged picture or frame
    frames: int = 1
    seconds: float | None = None  # as it plays; None: any


@dataclass(frozen=True)
class Task:
    """One file. `inspect` says what `clip` would do, without doing it."""

    action: Action
    source: Path
    name: str  # what the client calls the file: words call it so too, and its suffix chooses among containers
    model: str
    scale: int | None  # None: 2, or what the model has
    caps: Caps
    backend: str = "auto"
    precision: str = "auto"
    threads: int | None = None

    def to_json(self) -> bytes:
        """One line."""
        return json.dumps(asdict(self), default=str).encode() + b"\n"

    @classmethod
    def from_json(cls, line: bytes) -> Task:
        """As `to_json` wrote it."""
        values = json.loads(line)
        return cls(**values | {"source": Path(values["source"]), "caps": Caps(**values["caps"])})


@dataclass(frozen=True)
class Enlarged:
    """What became of a file, or will: the result lies beside the source."""

    path: Path
    media_type: str
    model: str
    scale: int
    input_size: tuple[int, int]  # width, height
    output_size: tuple[int, int]
    frames: int | None = None  # of a clip; None: not known before its end
    seconds: float | None = None  # that a clip plays, as it says
    damage: str | None = None  # what of the input was lost, in words
    notes: tuple[str, ...] = ()  # what else a user should know

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        return asdict(self) | {"path": str(self.path)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Enlarged:
        """As `to_json` gave them."""
        sizes = {key: tuple(values[key]) for key in ("input_size", "output_size", "notes")}
        return cls(**values | sizes | {"path": Path(values["path"])})


@dataclass(frozen=True)
class Progress:
    """How far a clip is."""

    frames: int
    seconds: float  # since the first frame was asked for
