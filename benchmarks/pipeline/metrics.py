"""Samples as measurements, a turn each.

`compare` judges how fast a run was and what it cost. Where its time went is neither good nor bad, which `exact` says:
between shares of the time, any difference counts as none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ...engine.timing import StageTimes
from ..statistics.measurement import Better, Measurement
from .gpu import GpuLoad
from .levels import Level
from .sample import Sample

THROUGHPUT, CPU, ENERGY, KEPT = "throughput", "CPU", "energy", "kept"
MEMORY_BEFORE, MEMORY = "memory before the run", "peak memory"
GPU_BUSY, GPU_MEMORY, GPU_ENERGY = "GPU busy", "GPU memory", "GPU energy"
BUSY, STARVED, BLOCKED = "busy", "starved", "blocked"

MOST_STREAMS = "streams on time"
ON_TIME, STAY, CORES = "frames on time", "frame", "cores busy"

_ANY = 1.0  # the largest difference between two shares


class _Figure(NamedTuple):
    value: float
    unit: str
    better: Better
    exact: float | None = None


def of_stage(stage: str, what: str) -> str:
    """The name of a stage's metric: `what` is CPU, or a share."""
    return f"{stage}: {what}"


def measurements(case: str, samples: Sequence[Sample]) -> list[Measurement]:
    """All of a case, whose runs all have the same stages. The frames of a stage are in it one by one."""
    turns = [_figures(sample) for sample in samples]
    once = [
        Measurement(case, name, unit, better, tuple((turn[name].value,) for turn in turns), exact)
        for name, (_, unit, better, exact) in turns[0].items()
        if all(name in turn for turn in turns)
    ]
    stages = [
        Measurement(case, stage, "ms", "lower", tuple(tuple(sample.times[stage]) for sample in samples))
        for stage in samples[0].times
    ]
    return once + stages


def of_levels(case: str, levels: Sequence[Level]) -> list[Measurement]:
    """Of so many streams at once, each time they were tried. Frames that were dropped have no time."""
    on_time = Measurement(case, ON_TIME, "", "higher", tuple((level.on_time,) for level in levels))
    cores = Measurement(case, CORES, "cores", "lower", tuple((level.cores,) for level in levels))
    memory = tuple((sum(stream.memory_peak for stream in level.streams) / 1e6,) for level in levels)
    times = tuple(tuple(took for stream in level.streams for took in stream.times) for level in levels)
    stay = [Measurement(case, STAY, "ms", "lower", times)] if all(times) else []
    return [on_time, cores, Measurement(case, MEMORY, "MB", "lower", memory), *stay]


def _figures(sample: Sample) -> dict[str, _Figure]:
    found = {
        THROUGHPUT: _Figure(sample.fps, "fps", "higher"),
        CPU: _Figure(1000 * sample.cpu / sample.frames, "ms", "lower"),
        MEMORY_BEFORE: _Figure(sample.memory_before / 1e6, "MB", "lower"),
        MEMORY: _Figure(sample.memory_peak / 1e6, "MB", "lower"),
    }
    if sample.joules:
        found[ENERGY] = _Figure(sample.joules / sample.frames, "J", "lower")
    if sample.kept_share is not None:
        found[KEPT] = _Figure(sample.kept_share, "", "higher", exact=0.01)
    if sample.gpu is not None:
        found |= _of_gpu(sample.gpu, sample.seconds / sample.frames)
    for stage, cost in sample.costs.items():
        found[of_stage(stage, CPU)] = _Figure(cost, "ms", "lower")
    for stage, times in sample.stages.items():
        found |= {of_stage(stage, share): _Figure(value, "", "lower", _ANY) for share, value in shares(times).items()}
    return found


def shares(times: StageTimes) -> dict[str, float]:
    """What a stage did with its time."""
    return {BUSY: times.share, STARVED: times.starved, BLOCKED: times.blocked}


def _of_gpu(gpu: GpuLoad, seconds: float) -> dict[str, _Figure]:
    """`seconds` a frame."""
    found = {
        GPU_BUSY: _Figure(gpu.busy, "", "lower", _ANY),
        GPU_MEMORY: _Figure(gpu.memory, "MB", "lower"),
    }
    return found if gpu.watts is None else found | {GPU_ENERGY: _Figure(gpu.watts * seconds, "J", "lower")}
