"""What the cases give: rows of several runs, and targets met or missed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..report import spread_of
from .run import Ran

Row = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """A number that must be at most `most`, or at least `least`."""

    what: str
    value: float | None  # None: it could not be measured, which is a miss
    most: float | None = None
    least: float | None = None

    def as_row(self) -> Row:
        """With whether it is met."""
        return {**asdict(self), "met": self._met()}

    def _met(self) -> bool:
        if self.value is None:
            return False
        high = self.most is not None and self.value > self.most
        low = self.least is not None and self.value < self.least
        return not (high or low)


@dataclass(frozen=True)
class Result:
    """A case's."""

    rows: list[Row]
    targets: list[Target]

    def as_row(self) -> Row:
        """As the report holds it."""
        return {"rows": self.rows, "targets": [target.as_row() for target in self.targets]}


def row_of(runs: Sequence[Ran], **what: Any) -> Row:
    """`what` it was, then numbers of all runs, then the runs themselves."""

    def spread(value: Callable[[Ran], float]) -> dict[str, float]:
        return spread_of([value(ran) for ran in runs])

    return {
        **what,
        "p50_ms": spread(lambda ran: ran.glass.ms.p50),
        "p95_ms": spread(lambda ran: ran.glass.ms.p95),
        "p99_ms": spread(lambda ran: ran.glass.ms.p99),
        "longest_gap_ms": spread(lambda ran: ran.glass.longest_gap_ms),
        "frames": sum(ran.glass.frames for ran in runs),
        "lost": sum(ran.glass.lost for ran in runs),
        "doubled": sum(ran.glass.doubled for ran in runs),
        "out_of_order": sum(ran.glass.out_of_order for ran in runs),
        "unread": sum(ran.glass.unread for ran in runs),
        "fps": spread(lambda ran: ran.glass.fps),
        "bitrate": spread(lambda ran: ran.bitrate),
        "cpu": spread(lambda ran: ran.cpu),
        "late_p95_ms": spread(lambda ran: ran.late_ms.p95),
        "added_p95_ms": _spread_of_known([ran.added_p95 for ran in runs]),
        "psnr": _spread_of_known([ran.psnr for ran in runs]),
        "size": list(runs[-1].size),
        "samples": [asdict(ran) for ran in runs],
    }


def _spread_of_known(values: Sequence[float | None]) -> dict[str, float] | None:
    known = [value for value in values if value is not None]
    return spread_of(known) if known else None
