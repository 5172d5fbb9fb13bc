"""One run in a process of its own, so that its peak memory is its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

from ..engine.pipeline import run
from ..engine.plan import Options, Plan, make_plan
from ..engine.report import peak_memory
from ..engine.timing import StageTimes
from .cost import stage_costs
from .plain import run_plain

PLAIN = "bicubic"
"""The case that runs no model."""

COSTED_FRAMES = 48


@dataclass(frozen=True)
class Sample:
    """What one run took. Memory is the process's peak, in bytes: before the run, and after it."""

    frames: int
    seconds: float
    fps: float
    cpu: float  # cores kept busy, a mean over the run
    memory_before: int
    memory_peak: int
    backend: str
    backend_reason: str
    kept_share: float | None  # of the pixels: unchanged since the frame before, not computed again
    limiting_stage: str
    stages: dict[str, StageTimes]
    cpu_ms: dict[str, float]
    """CPU milliseconds a frame by stage, measured apart; none for the case without a model."""


def take_sample(case: str, source: Path, output: Path, options: Options) -> Sample:
    """Run `case` (a model's name or `PLAIN`) from `source` to `output`, which is deleted again."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        return processes.submit(_sample, case, source, output, options).result()


class _Report(Protocol):
    @property
    def frames(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def stages(self) -> dict[str, StageTimes]: ...
    @property
    def limiting_stage(self) -> str: ...
    @property
    def backend(self) -> str: ...
    @property
    def backend_reason(self) -> str: ...
    @property
    def kept_share(self) -> float | None: ...


def _sample(case: str, source: Path, output: Path, options: Options) -> Sample:
    plan = make_plan(source, output, options)
    work: Callable[[Plan], _Report] = run_plain if case == PLAIN else run
    before, cpu, began = peak_memory(), time.process_time(), time.perf_counter()
    done = work(plan)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - began
    peak = peak_memory()
    output.unlink()
    return Sample(
        frames=done.frames,
        seconds=done.seconds,
        fps=done.frames / done.seconds,
        cpu=cpu / wall,
        memory_before=before,
        memory_peak=peak,
        backend=done.backend,
        backend_reason=done.backend_reason,
        kept_share=done.kept_share,
        limiting_stage=done.limiting_stage,
        stages=done.stages,
        cpu_ms={} if case == PLAIN else stage_costs(plan, min(COSTED_FRAMES, done.frames)),
    )
