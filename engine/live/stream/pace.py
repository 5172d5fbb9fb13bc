"""The pace of sources that give packets as fast as they are asked for: files, on the disk and over HTTP."""

from __future__ import annotations

import threading
import time
from fractions import Fraction

LATE = 1.0  # seconds; who is later than this (a stalled download) goes on from now, instead of rushing to catch up


class Pace:
    """Holds each packet back until its time has come."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._zero: float | None = None  # when time 0 is, on our clock

    def wait(self, time_: Fraction) -> None:
        """Until `time_` (seconds on the timeline) is due, or the stop."""
        now = time.perf_counter()
        if self._zero is None or now - self._zero - float(time_) > LATE:
            self._zero = now - float(time_)
        self._stop.wait(max(0.0, self._zero + float(time_) - now))
