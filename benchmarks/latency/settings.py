"""What `framelift bench latency` is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ...engine.compute import usable_cores
from ...engine.errors import UsageError

SIZES = ((640, 360), (1280, 720))
LEAST_TURNS = 2

Say = Callable[[str], None]


@dataclass(frozen=True)
class Settings:
    """What is measured: each model at each scale on each backend in each precision, by size and number of threads."""

    models: tuple[str, ...] = ("tiny-8", "tiny-16")
    backends: tuple[str, ...] = ()  # none: all there are
    precisions: tuple[str, ...] = ()  # none: those of `choices.USUAL`
    clip: str = "natural"  # a scene, or a video file
    sizes: tuple[tuple[int, int], ...] = ()  # (width, height) of the scene; none: `SIZES`, or the workload's own
    scales: tuple[int, ...] = (2,)
    threads: tuple[int, ...] = ()  # none: 1, and one for each core
    turns: int = 4
    seconds: float = 0.3
    """Of each turn of a case that are measured, after its warm-up; at least `turn.LEAST` frames."""

    cold: bool = True  # also processes of each backend and precision from their start, one a turn

    def __post_init__(self) -> None:
        if self.turns < LEAST_TURNS:
            raise UsageError(
                f"--turns {self.turns}: there is no spread without {LEAST_TURNS} or more", "4 is the default"
            )

    def completed(self) -> Settings:
        """With the threads that were left open."""
        return replace(self, threads=self.threads or tuple(sorted({1, usable_cores()})))

    def command(self) -> str:
        """The command line that measures this."""
        words = [f"--model {name}" for name in self.models]
        words += [f"--backend {name}" for name in self.backends]
        words += [f"--precision {name}" for name in self.precisions]
        words += [f"--clip {self.clip}"]
        words += [f"--size {width}x{height}" for width, height in self.sizes]
        words += [f"--scale {scale}" for scale in self.scales]
        words += [f"--threads {count}" for count in self.threads]
        words += [f"--turns {self.turns} --seconds {self.seconds:g}"] + ([] if self.cold else ["--no-cold"])
        return f"framelift bench latency {' '.join(words)}"
