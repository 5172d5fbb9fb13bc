"""What `framelift bench all` is asked for."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from ...engine.errors import UsageError

PARTS = ("latency", "pipeline", "quality", "peers", "live")
"""The kinds, in this order."""


@dataclass(frozen=True)
class Settings:
    """Which parts, and what only the user's machine has; all else is as `parts.py` says, short enough for a break."""

    parts: tuple[str, ...] = PARTS
    pictures: tuple[Path, ...] = ()  # folders
    weights: Path | None = None  # a folder: published networks
    opencv_python: Path | None = None  # an interpreter that has opencv-contrib

    def __post_init__(self) -> None:
        unknown = [part for part in self.parts if part not in PARTS]
        if unknown:
            raise UsageError(f"no part is named {unknown[0]!r}", f"choose of {', '.join(PARTS)}")

    def command(self) -> str:
        """The command line that measures this; of folders elsewhere, it has the name."""
        words = [f"--part {part}" for part in self.parts] if self.parts != PARTS else []
        words += [f"--pictures {shlex.quote(folder.name)}" for folder in self.pictures]
        words += [f"--weights {shlex.quote(self.weights.name)}"] if self.weights else []
        words += ["--opencv-python PYTHON"] if self.opencv_python else []
        return " ".join(["framelift bench all", *words])
