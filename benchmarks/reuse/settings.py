"""What `framelift bench reuse` is asked for."""

from __future__ import annotations

from dataclasses import dataclass

CLIPS = tuple(f"{scene}:640x360:72f:24fps" for scene in ("screen", "camera", "animation", "noise"))
"""Scenes that change little, in the ways videos do, and one in which nothing stays."""

THREADS = {"latency": 1, "throughput": 2}
"""By mode. One thread computes a frame and compares it with the one it had before: of two, each has every second."""


@dataclass(frozen=True)
class Settings:
    """What is measured: each model on the first `frames` of each clip."""

    clips: tuple[str, ...] = CLIPS  # as `workload_named` takes them
    models: tuple[str, ...] = ("tiny-8", "tiny-16")
    frames: int = 72
    repeat: int = 5

    def command(self) -> str:
        """The command line that measures this."""
        words = [f"--clip {name}" for name in self.clips] + [f"--model {model}" for model in self.models]
        return f"framelift bench reuse {' '.join(words)} --frames {self.frames} --repeat {self.repeat}"
