"""What `framelift bench cpu` is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...engine.compute import usable_cores
from ...engine.errors import UsageError
from ..networks import default_networks
from ..runners import RUNTIMES

SIZES = ((640, 360), (1280, 720))


@dataclass(frozen=True)
class Settings:
    """What is measured: each network at each size and number of threads, on every case of the runtimes."""

    networks: tuple[str, ...] = ()  # none: `default_networks`
    runtimes: tuple[str, ...] = RUNTIMES
    sizes: tuple[tuple[int, int], ...] = SIZES  # (width, height)
    threads: tuple[int, ...] = ()  # none: 1, and one for each core
    repeat: int = 7
    seconds: float = 0.05
    """Of each turn of a case: so long untimed, until caches, clock and the last case's threads have settled; then so
    long timed. At least one frame each."""

    def __post_init__(self) -> None:
        unknown = [name for name in self.runtimes if name not in RUNTIMES]
        if unknown:
            raise UsageError(f"no runtime is named {unknown[0]!r}", f"choose of {', '.join(RUNTIMES)}")

    def completed(self) -> Settings:
        """With what was left open filled in."""
        threads = self.threads or tuple(sorted({1, usable_cores()}))
        return replace(self, networks=self.networks or default_networks(), threads=threads)

    def command(self) -> str:
        """The command line that measures this."""
        words = [f"--network {name}" for name in self.networks]
        words += [f"--runtime {name}" for name in self.runtimes] if self.runtimes != RUNTIMES else []
        words += [f"--size {width}x{height}" for width, height in self.sizes]
        words += [f"--threads {count}" for count in self.threads]
        return f"framelift bench cpu {' '.join(words)} --repeat {self.repeat}"
