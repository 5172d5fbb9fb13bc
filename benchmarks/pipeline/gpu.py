"""What an NVIDIA GPU did meanwhile, by `nvidia-smi`, which comes with the driver.

Utilisation is the share of time in which anything ran on it, over the driver's last sampling period; power is the whole
board's. Both, and memory, are of all its users, not of this process alone.
"""

from __future__ import annotations

import math
import shutil
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from statistics import fmean

EVERY = 0.2  # seconds
_COMMAND = "nvidia-smi"
_FIELDS = ("index", "utilization.gpu", "memory.used", "power.draw")
_FORMAT = "--format=csv,noheader,nounits"


@dataclass(frozen=True)
class GpuLoad:
    """Of the GPU that worked most: means over the run, the largest memory."""

    busy: float  # 0..1
    memory: float  # MB in use
    watts: float | None  # None where the board does not tell


def gpus() -> list[str]:
    """Names of the NVIDIA GPUs that a driver serves; none without one."""
    if shutil.which(_COMMAND) is None:
        return []
    command = [_COMMAND, "--query-gpu=name", _FORMAT]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    return done.stdout.splitlines() if done.returncode == 0 else []


class GpuMonitor:
    """Asks again and again, in a process of its own, from `start` to `stop`."""

    def __init__(self) -> None:
        self.load: GpuLoad | None = None  # after `stop`; None where nothing was told
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Raises OSError where there is no `nvidia-smi`."""
        command = [_COMMAND, f"--query-gpu={','.join(_FIELDS)}", _FORMAT, f"--loop-ms={round(1000 * EVERY)}"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603

    def stop(self) -> None:
        """Not started, or stopped before, is allowed."""
        if self._process is not None:
            self._process.terminate()
            self.load, self._process = load_of(self._process.communicate()[0]), None


def load_of(lines: str) -> GpuLoad | None:
    """From what `nvidia-smi` has printed: a line a GPU and moment, `[N/A]` for what a board does not tell."""
    samples: dict[str, list[list[float]]] = defaultdict(list)
    for line in lines.splitlines(keepends=True):
        gpu, *fields = line.split(", ")
        values = [_number(field) for field in fields]
        if line.endswith("\n") and len(fields) == len(_FIELDS) - 1 and not math.isnan(values[0] + values[1]):
            samples[gpu].append(values)
    return max(map(_mean, samples.values()), key=lambda load: load.busy, default=None)


def _mean(samples: list[list[float]]) -> GpuLoad:
    percent, mebibytes, watts = zip(*samples, strict=True)
    told = fmean(watts)
    return GpuLoad(fmean(percent) / 100, max(mebibytes) * 2**20 / 1e6, None if math.isnan(told) else told)


def _number(field: str) -> float:
    """Not a number for what is none."""
    try:
        return float(field)
    except ValueError:
        return math.nan
