"""How long to wait before the next attempt to connect."""

from __future__ import annotations

import random

FIRST = 0.5  # seconds
LONGEST = 10.0
JITTER = 0.2  # of the wait, either way, so that many clients do not return at once


class Backoff:
    """Each wait is twice the one before, up to `LONGEST`."""

    def __init__(self) -> None:
        self._wait = FIRST

    def next(self) -> float:
        """Seconds to wait now."""
        wait = self._wait
        self._wait = min(2 * wait, LONGEST)
        return wait * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  nothing secret

    def reset(self) -> None:
        """It worked."""
        self._wait = FIRST
