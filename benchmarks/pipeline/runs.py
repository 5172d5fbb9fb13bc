"""Runs of all cases, in turns: the report's `rows`, and their measurements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ...engine.plan import Plan, make_plan
from ..report import add_model
from ..statistics.turns import interleaved
from .bench import Bench
from .cases import Case
from .energy import Counter
from .metrics import measurements
from .process import alone
from .sample import Job, Sample, take_sample
from .sources import source_of


def run_all(bench: Bench, cases: Sequence[Case], counters: tuple[Counter, ...]) -> None:
    """Each case once a turn. What there is by the time that somebody ends it is kept. Raises FrameliftError."""
    jobs = _jobs(bench, cases, counters)
    plans = {name: make_plan(job.source, job.output, job.options) for name, job in jobs.items()}
    samples: dict[str, list[Sample]] = defaultdict(list)
    turns = bench.settings.repeat

    def each(case: str, turn: int, sample: Sample) -> None:
        samples[case].append(sample)
        bench.say(f"{case}, {turn + 1} of {turns}: {sample.fps:.1f} fps")

    try:
        works = {name: partial(alone, take_sample, job) for name, job in jobs.items()}
        interleaved(works, turns, each, bench.calibration)
    finally:
        for case in cases:
            if taken := samples.get(case.name):
                add_model(bench.report, plans[case.name].model)
                bench.report["rows"].append(_row(case, plans[case.name], taken[-1]))
                bench.add(measurements(case.name, taken))
        bench.keep()


def _jobs(bench: Bench, cases: Sequence[Case], counters: tuple[Counter, ...]) -> dict[str, Job]:
    """By case; each clip is written once."""
    written: dict[str, Path] = {}
    jobs = {}
    for case in cases:
        if case.clip.name not in written:
            bench.say(f"preparing {case.clip.name}")
            written[case.clip.name] = source_of(case.clip, bench.folder)
        costed = case.part == "speed" and not case.plain
        source, output = written[case.clip.name], bench.folder / "out.mkv"
        jobs[case.name] = Job(source, output, case.options, case.plain, costed, counters, bool(bench.report["gpus"]))
    return jobs


def _row(case: Case, plan: Plan, sample: Sample) -> dict[str, object]:
    """What a case is, without figures."""
    return {
        "case": case.name,
        "part": case.part,
        "model": None if case.plain else plan.model.name,
        "precision": None if case.plain else plan.model.precision,
        "scale": plan.model.scale,
        "backend": sample.backend,
        "backend_reason": sample.backend_reason,
        "encoder": plan.choice.encoder.name,
        "preset": plan.options.encode.preset,
        "input_size": [case.clip.width, case.clip.height],
        "output_size": list(plan.output_size),
        "frames": sample.frames,
    }
