"""On how many threads a frame is encoded."""

from __future__ import annotations

from math import ceil

PIXELS = 1 << 19  # a thread's share: a few milliseconds, below which threads cost more than they save
MOST_THREADS = 8  # each codes a slice of its own, and slices cost bits


def encoder_threads(width: int, height: int, cores: int) -> int:
    """By the frame's size, and at most half of the cores: the others are the model's."""
    return max(1, min(ceil(width * height / PIXELS), cores // 2, MOST_THREADS))
