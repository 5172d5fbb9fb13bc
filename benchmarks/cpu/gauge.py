"""What the machine gives at most: operations of one core by the native kernel's path, and copying."""

from __future__ import annotations

from collections.abc import Sequence

from ...engine._native import peak_operations
from ..bandwidth import bandwidth
from ..runners import Case
from ..statistics.calibration import Calibration
from ..statistics.measurement import Measurement

ONE_CORE = "one core"
"""The case of these measurements; its metrics are a path each, and `COPYING`."""
COPYING = "copying"


def peaks(cases: Sequence[Case]) -> list[Measurement]:
    """Each three times, apart in time; copying last."""
    paths = [case.path for case in cases if case.path]
    rounds = [({path: peak_operations(path) for path in paths}, bandwidth()) for _ in range(3)]
    measured = [
        Measurement(ONE_CORE, path, "GOP/s", "higher", tuple((rates[path] / 1e9,) for rates, _ in rounds))
        for path in paths
    ]
    copied = tuple((rate / 1e9,) for _, rate in rounds)
    return [*measured, Measurement(ONE_CORE, COPYING, "GB/s", "higher", copied)]


class Gauge(Calibration):
    """A calibration that also shows each turn's clock, which changes with the work and the hour."""

    def __init__(self, measured: Sequence[Measurement]) -> None:
        super().__init__()
        self._peaks = {m.metric: max(m.values) for m in measured if m.metric != COPYING}
        self._path = next(iter(self._peaks), None)
        self._shares: list[float] = []

    def take(self) -> None:
        """See `Calibration.take`; some 150 ms more where there is a path."""
        super().take()
        if self._path is not None:
            self._shares.append(peak_operations(self._path) / 1e9 / self._peaks[self._path])

    def at_most(self, path: str, turns: int) -> list[float]:
        """GOP/s of one core by `path`, in each of the last `turns` turns."""
        return [self._peaks[path] * share for share in self._shares[-turns:]]
