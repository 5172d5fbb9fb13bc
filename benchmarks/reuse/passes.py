"""A pass over a clip, with and without `reuse`: each frame by both right after one another, compared bit for bit."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import NamedTuple

import numpy as np

from ...engine.errors import ModelError
from ...engine.frame import DecodedFrame
from ...engine.pipeline import upscaler_for
from ...engine.plan import Plan
from ...engine.upscaler import Upscaler, Work
from ..statistics.overhead import Overhead, overhead

Plans = Mapping[bool, Plan]
"""By `reuse`."""


class Pass(NamedTuple):
    """What one took."""

    ms: float  # of CPU time, a frame's mean
    ms_without: float  # likewise, without reuse
    kept_share: float  # of the pixels


def pass_over(plans: Plans, frames: Sequence[DecodedFrame]) -> Pass:
    """What the engine's threads would do at once is done in one thread after the other. Raises ModelError."""
    with ExitStack() as opened:
        upscalers = {reuse: opened.enter_context(closing(upscaler_for(plan))) for reuse, plan in plans.items()}
        seconds = dict.fromkeys(plans, 0.0)
        lanes = upscalers[True].backend.frames_at_once
        for lane in range(lanes):
            with ThreadPoolExecutor(1) as thread:
                thread.submit(_lane, upscalers, frames[lane::lanes], seconds).result()
        kept = upscalers[True].kept_share
    assert kept is not None
    ms = {reuse: 1000 * total / len(frames) for reuse, total in seconds.items()}
    return Pass(ms[True], ms[False], kept)


def own_cost(fastest_ms: float) -> Overhead:
    """Of the two readings of a thread's clock around a frame."""
    return overhead(lambda: time.thread_time() - time.thread_time(), fastest_ms)


def _lane(upscalers: Mapping[bool, Upscaler], frames: Sequence[DecodedFrame], seconds: dict[bool, float]) -> None:
    """Every frame by both, first by one, then by the other. Adds the network's CPU time, the calling thread's."""
    for number, frame in enumerate(frames):
        made: dict[bool, Work] = {}
        for reuse in (True, False) if number % 2 else (False, True):
            work = upscalers[reuse].prepare(frame)
            began = time.thread_time()
            made[reuse] = upscalers[reuse].infer(work)
            seconds[reuse] += time.thread_time() - began
        planes = zip(made[True].out, made[False].out, strict=True)
        if not all(np.array_equal(kept, computed) for kept, computed in planes):
            raise ModelError(f"frame {frame.index} differs with reuse and without", "report this as a bug")
