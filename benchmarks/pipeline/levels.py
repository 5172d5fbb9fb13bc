"""So many live streams at once, in real time.

Each is a process of its own, as each `framelift stream` is. One is late when more than `MISSED` of its frames were
dropped, made without the model, or longer on their way than the time between two frames: then the next one is there.
95 of 100 on time is also what the live path's own deadline goes by (`engine/live/deadline.py`).
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from threading import Barrier, BrokenBarrierError

from ...engine.live.settings import LiveSettings
from .live import PATIENCE, Streamed, StreamJob, streamed
from .process import ready, starting

MISSED = 0.05  # of a stream's frames, at most
SECONDS = 5.0  # each stream is measured for
MOST = 256  # streams at once


@dataclass(frozen=True)
class Level:
    """So many at once."""

    streams: list[Streamed]
    interval: float  # milliseconds between frames

    @property
    def on_time(self) -> float:
        """The share of frames on time, of the stream that had the fewest."""
        return 1 - max(stream.missed(self.interval) / stream.frames for stream in self.streams)

    @property
    def late(self) -> bool:
        """Whether one is."""
        return self.on_time < 1 - MISSED

    @property
    def cores(self) -> float:
        """Kept busy by all of them."""
        return sum(stream.cpu / stream.seconds for stream in self.streams)


def level(source: Path, live: LiveSettings, rate: float, streams: int) -> Level:
    """So many streams of the video `source`, which is sent as live video is, at `rate` frames a second.

    They begin evenly spread over the time between two frames. Raises FrameliftError.
    """
    interval, frames = 1 / rate, max(1, round(SECONDS * rate))
    jobs = [StreamJob(source, live, interval, frames, number / streams * interval) for number in range(streams)]
    with ExitStack() as stack:
        with starting():
            context = get_context("spawn")
            barrier = stack.enter_context(context.Manager()).Barrier(streams, timeout=2 * PATIENCE)
            processes = stack.enter_context(ProcessPoolExecutor(streams, mp_context=context, initializer=ready))
            running = [processes.submit(_run, job, barrier) for job in jobs]
        errors = [error for each in running if (error := each.exception())]
        if errors:  # the others' barrier broke because of it
            raise min(errors, key=lambda error: isinstance(error, BrokenBarrierError))
        return Level([each.result() for each in running], 1000 * interval)


def _run(job: StreamJob, barrier: Barrier) -> Streamed:
    try:
        return streamed(job, barrier.wait)
    except BaseException:
        barrier.abort()  # or the others would wait for this one
        raise
