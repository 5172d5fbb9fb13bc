"""The clock that everything is timed by: what it is, how fine, and what a reading costs."""

from __future__ import annotations

import statistics
import time
from itertools import pairwise

_READINGS = 10_000


def facts() -> dict[str, object]:
    """Of `time.perf_counter`, on this machine now.

    `step_ns` is the smallest difference seen between two readings in a row, `reading_ns` the usual one: what a reading
    costs, in nanoseconds as the other two. `resolution_ns` is what the system states.
    """
    info = time.get_clock_info("perf_counter")
    readings = [time.perf_counter_ns() for _ in range(_READINGS)]
    steps = [later - earlier for earlier, later in pairwise(readings) if later > earlier]
    return {
        "name": f"perf_counter, {info.implementation}",
        "resolution_ns": round(info.resolution * 1e9, 3),
        "step_ns": min(steps),
        "reading_ns": statistics.median_low(steps),
    }
