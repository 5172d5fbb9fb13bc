"""What the parts of a measurement share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..report import Report, add
from ..statistics.calibration import Calibration
from ..statistics.measurement import Measurement
from .settings import Settings

Say = Callable[[str], None]
Keep = Callable[[Report], None]


@dataclass(frozen=True)
class Bench:
    """One run of `framelift bench pipeline`: what is asked for, and where what comes out goes."""

    settings: Settings
    report: Report
    folder: Path  # for clips and what becomes of them
    calibration: Calibration
    say: Say
    keeper: Keep

    def add(self, made: Iterable[Measurement]) -> None:
        """Into the report."""
        for measurement in made:
            add(self.report, measurement)

    def keep(self) -> None:
        """What there is of the report."""
        self.report["calibration"] = self.calibration.to_json()
        self.keeper(self.report)
