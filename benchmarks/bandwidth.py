"""What the machine's memory gives at most, measured."""

from __future__ import annotations

import time

import numpy as np

COPIED = 256 * 2**20  # bytes: more than caches hold
_TRIES = 6


def bandwidth() -> float:
    """Bytes that one core reads and writes a second in copying."""
    source, target = np.ones(COPIED, np.uint8), np.empty(COPIED, np.uint8)

    def copy() -> float:
        began = time.perf_counter()
        np.copyto(target, source)
        return 2 * COPIED / (time.perf_counter() - began)

    return max(copy() for _ in range(_TRIES))  # the first finds `target` unmapped
