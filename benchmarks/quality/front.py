"""How long a frame takes in each way, in turns so that ratios hold."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial

from ..cases import case_name
from ..statistics.calibration import Calibration
from ..statistics.measurement import Measurement
from ..statistics.overhead import Overhead, overhead
from ..statistics.turns import interleaved
from .settings import Settings
from .way import Frame, Way

METRIC = "frame"
_SECONDS = 0.2  # of each turn of a case, at least one frame
_LONG = 1000.0  # ms: who takes so long for a frame has nothing left to warm up at the next one

Times = tuple[float, ...]


def front_case(way: Way, settings: Settings) -> str:
    """What the measurement of its time is called."""
    return case_name(way.title, way.backend, way.precision, settings.size, settings.threads)


def frame_times(
    ways: Sequence[Way], settings: Settings, say: Callable[[str], None], calibration: Calibration
) -> list[Measurement]:
    """A frame from bytes to bytes: of luma, and of RGB where the network works on that."""
    with ExitStack() as stack:
        works = {
            front_case(way, settings): partial(_turn, stack.enter_context(way.opened(settings.size, settings.threads)))
            for way in ways
        }

        def each(case: str, turn: int, times: Times) -> None:
            say(f"{case}, turn {turn + 1} of {settings.repeat}: {sorted(times)[len(times) // 2]:.2f} ms")

        turns = interleaved(works, settings.repeat, each, calibration)
    return [Measurement(case, METRIC, "ms", "lower", tuple(times)) for case, times in turns.items()]


def harness(measurements: Sequence[Measurement]) -> Overhead:
    """What timing a frame costs, beside the fastest way."""
    return overhead(partial(_timed, lambda: None), min(measurement.median for measurement in measurements))


def _turn(frame: Frame) -> Times:
    """The first frame, after another case's, is left out."""
    first = _timed(frame)
    if first > _LONG:
        return (first,)
    until, times = time.perf_counter() + _SECONDS, [_timed(frame)]
    while time.perf_counter() < until:
        times.append(_timed(frame))
    return tuple(times)


def _timed(frame: Frame) -> float:
    began = time.perf_counter()
    frame()
    return (time.perf_counter() - began) * 1000
