"""Sends in bursts that a receiver's default socket buffer holds."""

from __future__ import annotations

import time
from collections.abc import Callable

# A keyframe of 4K, 470 kB, to an aiortc receiver in another process on two busy cores: a fifth to a quarter of its
# packets overran the receiver's buffer when sent at once, none to 5 % like this; it then takes some 40 ms.
BURST = 96 << 10  # bytes at once: 80 packets, of which Linux's default buffer of 212992 bytes holds 92
RATE = 12 << 20  # bytes a second beyond it, about 100 Mb/s
NAP = 0.002  # seconds; an event loop sleeps no shorter


class Pacer:
    """A token bucket: `BURST` bytes at once, then `RATE`."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._empty_at = float("-inf")  # when all that was sent will have drained, at `RATE`

    def wait_for(self, size: int) -> float:
        """Count `size` bytes as sent; the seconds to wait before sending them, 0 or at least `NAP`."""
        now = self._clock()
        self._empty_at = max(self._empty_at, now) + size / RATE
        wait = self._empty_at - now - BURST / RATE
        return wait if wait >= NAP else 0.0
