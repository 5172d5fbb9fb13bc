"""A frame through a network, timed in parts: luma bytes to what the runtime takes, the network, its output to bytes."""

from __future__ import annotations

import time
from itertools import cycle
from typing import NamedTuple

import numpy as np

from ...engine.layout import layout_of
from ...engine.planes import planes_of
from ..runners import Codes, Runner
from ..statistics.overhead import Overhead, overhead
from ..workloads import Clip, render, video_frame


class Times(NamedTuple):
    """Milliseconds of a frame."""

    network: float
    cpu: float  # of the network, on all threads: above `network` when they share it, below when others held the core
    whole: float  # from bytes to bytes


def timed(runner: Runner, plane: Codes) -> Times:
    """One frame."""
    began = time.perf_counter()
    runner.take(plane)
    taken, worked = time.perf_counter(), time.process_time()
    runner.run()
    made, worked = time.perf_counter(), time.process_time() - worked
    runner.give()
    given = time.perf_counter()
    return Times((made - taken) * 1000, worked * 1000, (given - began) * 1000)


def turn(runner: Runner, planes: list[Codes], seconds: float) -> list[Times]:
    """The frames of `seconds`, after as long untimed."""
    each = cycle(planes)

    def frames() -> list[Times]:
        until = time.perf_counter() + seconds
        made = [timed(runner, next(each))]
        while time.perf_counter() < until:
            made.append(timed(runner, next(each)))
        return made

    frames()
    return frames()


def planes(size: tuple[int, int]) -> list[Codes]:
    """Luma of three frames of a rendered clip of (width, height)."""
    width, height = size
    pictures = render(Clip(width=width, height=height, frames=3, rate=1))
    return [planes_of(video_frame(picture), layout_of("yuv420p"))[0].astype(np.uint8) for picture in pictures]


def own_cost(fastest_ms: float) -> Overhead:
    """Of `timed`, beside the fastest case's median frame."""
    return overhead(lambda: timed(_Nothing(), _PLANE), fastest_ms)


_PLANE = np.zeros((1, 1), np.uint8)


class _Nothing:
    """A network that does nothing, at once."""

    def take(self, plane: Codes) -> None:
        """See `Runner.take`."""

    def run(self) -> None:
        """See `Runner.run`."""

    def give(self) -> Codes:
        """See `Runner.give`."""
        return _PLANE
