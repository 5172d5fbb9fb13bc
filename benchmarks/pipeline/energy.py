"""Energy by the processor's own counters (RAPL), where Linux shows them: Intel's, and AMD's since Zen.

They are of the whole package and its memory, whoever uses them: of this run and of all else the machine does meanwhile.
The files: Linux, Documentation/power/powercap/powercap.rst and Documentation/ABI/testing/sysfs-class-powercap.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")

_ZONE = re.compile(r"intel-rapl(:\d+)+")  # AMD's too; intel-rapl-mmio shows the same counters a second time
_COUNTED = re.compile(r"package-.*|dram")  # cores and graphics are part of their package, psys is all of it again


class Untold(Exception):
    """The machine does not tell; in words."""


@dataclass(frozen=True)
class Counter:
    """Of one zone, in microjoules; after `largest` it begins again at 0."""

    file: Path
    largest: int

    def read(self) -> int:
        """As it is now."""
        return int(self.file.read_text(encoding="ascii"))

    def spent(self, before: int, after: int) -> float:
        """Joules between two readings, less than one round apart: minutes at the very least."""
        return ((after - before) % (self.largest + 1)) / 1e6


def counters(folder: Path = POWERCAP) -> tuple[Counter, ...]:
    """One for each package and its memory. Raises Untold where there is none, or this user may not read them."""
    zones = sorted(folder.iterdir()) if folder.is_dir() else []
    wanted = [zone for zone in zones if _ZONE.fullmatch(zone.name) and _COUNTED.fullmatch(_read(zone / "name"))]
    if not wanted:
        raise Untold(f"this machine shows no energy counters ({folder})")
    found = tuple(Counter(zone / "energy_uj", int(_read(zone / "max_energy_range_uj"))) for zone in wanted)
    try:
        readings(found)
    except PermissionError as error:
        raise Untold(f"the energy counters in {folder} can be read by root only") from error
    return found


def readings(of: Sequence[Counter]) -> list[int]:
    """As they are now."""
    return [counter.read() for counter in of]


def joules(of: Sequence[Counter], before: Sequence[int], after: Sequence[int]) -> float:
    """Of all counters between two `readings`."""
    return sum(counter.spent(*pair) for counter, *pair in zip(of, before, after, strict=True))


def _read(file: Path) -> str:
    return file.read_text(encoding="ascii").strip()
