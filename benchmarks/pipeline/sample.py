"""One run in a process of its own, so that its peak memory is its own."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from ...engine.pipeline import Watch, run
from ...engine.plan import Options, Plan, make_plan
from ...engine.report import peak_memory
from ...engine.timing import StageTimes, Timing
from .cost import stage_costs
from .energy import Counter, joules, readings
from .gpu import GpuLoad, GpuMonitor
from .plain import run_plain

COSTED_FRAMES = 48


@dataclass(frozen=True)
class Job:
    """What to run, and what to look at meanwhile. `output` is deleted again."""

    source: Path
    output: Path
    options: Options
    plain: bool = False  # bicubic instead of the model
    costed: bool = True  # each stage is also run alone, for what it costs the processor
    counters: tuple[Counter, ...] = ()  # of energy; none where the machine does not tell
    gpu: bool = False  # there is one


@dataclass(frozen=True)
class Sample:
    """What one run took. Memory is the process's peak, in bytes: before the run, and after it."""

    frames: int
    seconds: float
    cpu: float  # seconds of all cores
    memory_before: int
    memory_peak: int
    backend: str
    backend_reason: str
    kept_share: float | None  # of the pixels: unchanged since the frame before, not computed again
    stages: dict[str, StageTimes]
    times: dict[str, list[float]]  # milliseconds of each frame by stage, the quickest first
    costs: dict[str, float]  # CPU milliseconds a frame by stage, measured apart; none where that was not asked for
    joules: float | None
    gpu: GpuLoad | None

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self.frames / self.seconds


class _Report(Protocol):
    @property
    def frames(self) -> int: ...
    @property
    def stages(self) -> dict[str, StageTimes]: ...
    @property
    def backend(self) -> str: ...
    @property
    def backend_reason(self) -> str: ...
    @property
    def kept_share(self) -> float | None: ...


class _Run(Protocol):
    def __call__(self, plan: Plan, watch: Watch) -> _Report: ...


def take_sample(job: Job) -> Sample:
    """Run `job` in this process. Raises FrameliftError."""
    plan = make_plan(job.source, job.output, job.options)
    work: _Run = run_plain if job.plain else run
    memory = peak_memory()
    with _Witness(job) as witness:
        done = work(plan, witness)
    first, last = witness.marks
    memory_peak = peak_memory()
    job.output.unlink()
    return Sample(
        frames=done.frames,
        seconds=last.seconds,
        cpu=last.cpu - first.cpu,
        memory_before=memory,
        memory_peak=memory_peak,
        backend=done.backend,
        backend_reason=done.backend_reason,
        kept_share=done.kept_share,
        stages=done.stages,
        times={stage: last.timing.frames_of(stage) for stage in done.stages},
        costs=stage_costs(plan, min(COSTED_FRAMES, done.frames)) if job.costed else {},
        joules=joules(job.counters, first.energy, last.energy) if job.counters else None,
        gpu=witness.gpu.load if witness.gpu else None,
    )


class _Mark(NamedTuple):
    timing: Timing
    seconds: float  # since the first frame was asked for: opening the model is no part of it
    cpu: float
    energy: list[int]


class _Witness:
    """What the engine calls at the beginning and the end of a run, and in between."""

    def __init__(self, job: Job) -> None:
        self.marks: list[_Mark] = []  # the first and the last
        self.gpu = GpuMonitor() if job.gpu else None
        self._counters = job.counters

    def __call__(self, timing: Timing, seconds: float) -> None:
        if self.gpu and not self.marks:
            self.gpu.start()
        self.marks[1:] = [_Mark(timing, seconds, time.process_time(), readings(self._counters))]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.gpu:
            self.gpu.stop()
