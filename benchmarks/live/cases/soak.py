"""Many sessions over a long time: memory, threads and open files must stay."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import asdict
from statistics import median

from ...statistics.measurement import Measurement
from ..child import Child
from ..churn import Churned, Churning, churn
from ..codecs import Codec
from ..names import FILES, MEMORY, OURS, PROCESSES, THREADS
from ..processes import Usage
from ..publisher import Publishing, publish
from ..results import Result, Row, Target
from ..servers import Server
from ..settings import Work
from ..viewer import Viewing, view
from .systems import serving

_BEGIN, _END = 40.0, 30.0  # seconds for a process to begin and to end in
_SAMPLES = 60
_GROWTH = 0.05  # of memory, that passes for flat


def measure(work: Work) -> Result:
    """One stream and one viewer all the time; sessions opened and closed beside them."""
    codec, seconds = work.settings.codecs[0], work.settings.seconds_of("soak")
    work.calibration.take()
    with serving(OURS, work.settings) as server:
        samples, churned = _soaked(work, server, codec, seconds)
    name = f"soak, {codec}, {OURS.name}"
    row: Row = {
        "case": name,
        "codec": codec,
        "system": OURS.name,
        "seconds": seconds,
        "sessions": asdict(churned),
        "at": [at for at, _ in samples],  # seconds since the beginning, of each measured value
    }
    work.say(f"soak: {churned.opened} sessions, {churned.failed} failed")
    measured = _measurements(name, [usage for _, usage in samples])
    return Result([row], _targets(samples, churned, work.settings.sessions), measured)


def _measurements(name: str, usages: list[Usage]) -> list[Measurement]:
    """One turn: the usage over the time."""
    values: dict[str, list[float]] = {
        MEMORY: [usage.memory / 1e6 for usage in usages],
        THREADS: [usage.threads for usage in usages],
        FILES: [usage.files for usage in usages],
        PROCESSES: [usage.processes for usage in usages],
    }
    return [
        Measurement(name, metric, "MB" if metric == MEMORY else "", "lower", (tuple(map(float, each)),))
        for metric, each in values.items()
    ]


def _soaked(work: Work, server: Server, codec: Codec, seconds: float) -> tuple[list[tuple[float, Usage]], Churned]:
    """Usage of the server by seconds since the beginning."""
    whip, whep = server.publishing("bench"), server.viewing("bench")
    churning = Churning(work.scene, server.publishing("churn"), whep, codec, work.settings.sessions, seconds)
    with ExitStack() as started:
        publisher = started.enter_context(Child(publish, Publishing(work.scene, whip, codec, tuned=True)))
        publisher.ready(_BEGIN)
        viewer = started.enter_context(Child(view, Viewing(whep, codec, tuned=True)))
        viewer.ready(_BEGIN)
        quiet = Usage.of(server.pid)
        churner = started.enter_context(Child(churn, churning))
        churner.ready(_BEGIN)
        began, samples = time.perf_counter(), [(0.0, quiet)]
        for number in range(1, _SAMPLES + 1):
            time.sleep(max(0.0, began + seconds * number / _SAMPLES - time.perf_counter()))
            samples.append((round(time.perf_counter() - began, 1), Usage.of(server.pid)))
        churned = churner.result(_END)
        samples.append((round(time.perf_counter() - began, 1), Usage.of(server.pid)))
        for peer in (viewer, publisher):
            peer.result(_END)
    return samples, churned


def _targets(samples: list[tuple[float, Usage]], churned: Churned, wanted: int) -> list[Target]:
    """What is opened once, thread pools among it, is open after a fifth of the time: from then on nothing may grow.

    Sessions come and go at the moments that are looked at, so of threads and files the fewest count.
    """
    usages = [usage for _, usage in samples]
    fifth = len(usages) // 5
    early, late = usages[fifth : 2 * fifth], usages[-fifth:]
    memory = median(usage.memory for usage in late) / median(usage.memory for usage in early)
    threads, files = (
        min(getattr(usage, name) for usage in late) - min(getattr(usage, name) for usage in early)
        for name in ("threads", "files")
    )
    return [
        Target("memory in the last fifth of the time over the second", memory, most=1 + _GROWTH),
        Target("threads more in the last fifth than in the second", threads, most=0),
        Target("open files more in the last fifth than in the second", files, most=0),
        Target("sessions opened and closed", churned.opened, least=wanted),
    ]
