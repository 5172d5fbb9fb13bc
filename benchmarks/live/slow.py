"""A stage of our server made slow on purpose: to see what becomes of a stream that a machine cannot keep up with."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

VARIABLE = "FRAMELIFT_BENCH_SLOW"
"""The environment variable that says which, for the media process is started by the server."""


@dataclass(frozen=True)
class Slow:
    """`stage`, "upscale" or "encode", takes `ms` longer for each frame."""

    stage: str
    ms: float

    def __str__(self) -> str:
        return f"{self.stage}:{self.ms:g}"

    @classmethod
    def from_environment(cls) -> Self:
        """Of `upscale:100`."""
        stage, ms = os.environ[VARIABLE].split(":")
        return cls(stage, float(ms))

    def apply(self) -> None:
        """Slow down this process's stage."""
        from ...engine.live.encoders.encoder import RecipeEncoder  # noqa: PLC0415  only in the media process
        from ...engine.live.enlarger import Enlarger  # noqa: PLC0415

        kind, name = {"upscale": (Enlarger, "enlarge"), "encode": (RecipeEncoder, "encode")}[self.stage]
        setattr(kind, name, self._slowed(getattr(kind, name)))

    def _slowed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def slowed(*arguments: Any, **options: Any) -> Any:
            result = function(*arguments, **options)
            time.sleep(self.ms / 1000)
            return result

        return slowed
