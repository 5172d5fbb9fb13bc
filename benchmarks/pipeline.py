"""The file pipeline, measured: models and plain bicubic on one rendered clip, run in turns so that ratios hold."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ..engine.geometry import TargetSize
from ..engine.pipeline import upscaler_for
from ..engine.plan import Options, Plan, make_plan
from .render import Clip, render, write_clip
from .report import Report, new_report
from .sample import PLAIN, Sample, take_sample

KIND = "pipeline"
CLIP = Clip(width=640, height=360, frames=240)
LENGTHS = (250, 1000, 4000)
LENGTH_CLIP = Clip(width=160, height=90)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Settings:
    """What is measured: each model, `repeat` times. `long` adds peak memory for clips of `LENGTHS` frames."""

    clip: Clip = CLIP
    models: tuple[str, ...] = ("tiny-16",)
    scale: int = 2
    backend: str = "auto"
    threads: int | None = None
    repeat: int = 5
    long: bool = False

    def options(self, model: str) -> Options:
        """The engine's options for one of the models."""
        return Options(model=model, target=TargetSize(self.scale), backend=self.backend, threads=self.threads)

    def command(self) -> str:
        """The command line that measures this."""
        words = [f"--size {self.clip.width}x{self.clip.height} --frames {self.clip.frames}"]
        words += [f"--model {model}" for model in self.models]
        words += [f"--scale {self.scale} --backend {self.backend}"]
        words += [f"--threads {self.threads}"] if self.threads else []
        words += [f"--repeat {self.repeat}"] + (["--long"] if self.long else [])
        return f"framelift bench pipeline {' '.join(words)}"


def measure(settings: Settings, say: Say) -> Report:
    """The report: a row for plain bicubic and one a model. Raises FrameliftError before any work if one cannot run."""
    report = new_report(KIND, settings.command())
    report["clip"] = {"name": settings.clip.name, **asdict(settings.clip)}
    with TemporaryDirectory() as name:
        folder = Path(name)
        say(f"rendering {settings.clip.name}")
        source = _written(settings.clip, folder)
        output = folder / "out.mkv"
        cases = {PLAIN: settings.options(settings.models[0])} | {m: settings.options(m) for m in settings.models}
        plans = {case: make_plan(source, output, options) for case, options in cases.items()}
        for plan in plans.values():
            upscaler_for(plan).close()
        samples: dict[str, list[Sample]] = {case: [] for case in cases}
        for turn in range(settings.repeat):
            for case, options in cases.items():
                samples[case].append(take_sample(case, source, output, options))
                say(f"{case}, {turn + 1} of {settings.repeat}: {samples[case][-1].fps:.1f} fps")
        report["rows"] = [_row(case, plans[case], samples[case], samples[PLAIN]) for case in cases]
        report["lengths"] = [_length(settings, n, folder, say) for n in LENGTHS] if settings.long else []
    return report


def _written(clip: Clip, folder: Path) -> Path:
    """The clip as people get them: H.264 of good quality."""
    return write_clip(folder / f"{clip.name}.mp4", render(clip), clip.rate, options={"crf": "18"})


def _row(case: str, plan: Plan, samples: list[Sample], plain: list[Sample]) -> dict[str, object]:
    """One case summed up. Stages are those of the run with the median speed."""
    middle = sorted(samples, key=lambda sample: sample.fps)[(len(samples) - 1) // 2]
    g = plan.geometry
    return {
        "case": case,
        "model": None if case == PLAIN else plan.model.name,
        "backend": middle.backend,
        "backend_reason": middle.backend_reason,
        "encoder": plan.choice.encoder.name,
        "input_size": [g.width, g.height],
        "output_size": [g.output_width, g.output_height],
        "scale": plan.model.scale,
        "frames": middle.frames,
        "fps": _spread([sample.fps for sample in samples]),
        "fps_over_bicubic": _spread([ours.fps / theirs.fps for ours, theirs in zip(samples, plain, strict=True)]),
        "cpu": _spread([sample.cpu for sample in samples]),
        "memory_before": max(sample.memory_before for sample in samples),
        "memory_peak": max(sample.memory_peak for sample in samples),
        "limiting_stage": middle.limiting_stage,
        "stages": {name: asdict(times) for name, times in middle.stages.items()},
        "cpu_ms": {stage: _spread([sample.cpu_ms[stage] for sample in samples]) for stage in middle.cpu_ms},
        "samples": [asdict(sample) for sample in samples],
    }


def _length(settings: Settings, frames: int, folder: Path, say: Say) -> dict[str, object]:
    """Peak memory of one run of so many frames."""
    source = _written(replace(LENGTH_CLIP, frames=frames), folder)
    case = settings.models[0]
    sample = take_sample(case, source, folder / "out.mkv", settings.options(case))
    say(f"{case}, {frames} frames: {sample.memory_peak / 1e6:.0f} MB")
    size = [LENGTH_CLIP.width, LENGTH_CLIP.height]
    return {"case": case, "input_size": size, "frames": frames, "sample": asdict(sample)}


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}
