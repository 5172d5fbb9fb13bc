"""One turn of a case: opened anew, warmed up, then measured."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from ...engine.plan import Plan
from ..statistics.measurement import Measurement
from ..statistics.steady import BATCH, first_steady, warmed_up
from .chain import Chain, Times

LEAST = 8  # frames that are measured
MOST_WARM = 40  # frames that a warm-up may take

FRAME, JITTER = "frame", "jitter"
"""Metrics beside those named like the stages: end to end, and how much a frame differs from the one before it."""


class Turn(NamedTuple):
    """Of a case: frames that were steady, after `warm_up` that were not."""

    reason: str  # why this backend, and on what
    warm_up: int
    frames: Sequence[Times]

    @property
    def jitter(self) -> float:
        """Standard deviation of the differences between frames in a row, in ms: 0 when each takes as long."""
        return statistics.pstdev(after.frame - before.frame for before, after in pairwise(self.frames))


def take(plan: Plan, seconds: float) -> Turn:
    """A turn, as `steady_frames` has it. Raises FrameliftError when a stage fails."""
    with Chain(plan) as chain:
        return Turn(chain.reason, *steady_frames(chain.frame, seconds))


def steady_frames(frame: Callable[[], Times], seconds: float) -> tuple[int, list[Times]]:
    """How many were not steady, and those after them: at least `LEAST`, which last `seconds` or more.

    What was steady of the warm-up counts, but never its first `BATCH` frames: one or two slow ones, such as those that
    open the encoder, would not show in its median. After `MOST_WARM` frames all is as steady as it gets.
    """
    times: list[Times] = []

    def whole() -> float:
        times.append(frame())
        return times[-1].frame

    warm = warmed_up(whole, MOST_WARM)
    first = max(BATCH, first_steady(warm))
    lasted = sum(warm[first:])
    while lasted < 1000 * seconds or len(times) < first + LEAST:
        lasted += whole()
    return first, times[first:]


def measurements(case: str, turns: Sequence[Turn]) -> list[Measurement]:
    """All of a case: end to end, each stage, jitter."""
    frames = Measurement(case, FRAME, "ms", "lower", tuple(tuple(f.frame for f in turn.frames) for turn in turns))
    stages = [
        Measurement(case, stage, "ms", "lower", tuple(tuple(getattr(f, stage) for f in t.frames) for t in turns))
        for stage in Times._fields
    ]
    return [frames, *stages, Measurement(case, JITTER, "ms", "lower", tuple((turn.jitter,) for turn in turns))]
