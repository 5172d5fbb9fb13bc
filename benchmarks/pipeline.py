"""The file pipeline, measured: models and plain bicubic on one rendered clip, run in turns so that ratios hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from ..engine.encoders import EncodeSettings
from ..engine.geometry import TargetSize
from ..engine.pipeline import upscaler_for
from ..engine.plan import Options, Plan, make_plan
from .render import Clip, render, write_clip
from .report import Report, new_report, spread_of
from .sample import PLAIN, Sample, take_sample

KIND = "pipeline"
CLIP = Clip(width=640, height=360, frames=240)
LENGTHS = (250, 1000, 4000)
LENGTH_CLIP = Clip(width=160, height=90)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Settings:
    """What is measured: each model on each backend in each precision, `repeat` times.

    `long` adds peak memory by length of the clip. The other fields are those of the engine's `Options`.
    """

    clip: Clip = CLIP
    models: tuple[str, ...] = ("tiny-16",)
    scale: int = 2
    backends: tuple[str, ...] = ("auto",)
    precisions: tuple[str, ...] = ("auto",)
    threads: int | None = None
    mode: str = "throughput"
    reuse: bool = True
    preset: str | None = None
    repeat: int = 5
    long: bool = False

    def cases(self) -> dict[str, Options]:
        """The engine's options by case, named by the model, and by backend and precision where there are several."""
        cases = {}
        for model, backend, precision in product(self.models, self.backends, self.precisions):
            words = [model]
            words += [backend] if len(self.backends) > 1 else []
            words += [precision] if len(self.precisions) > 1 else []
            cases[", ".join(words)] = self.options(model, backend, precision)
        return cases

    def options(self, model: str, backend: str, precision: str) -> Options:
        """The engine's options for one case."""
        return Options(
            model=model,
            target=TargetSize(self.scale),
            backend=backend,
            precision=precision,
            threads=self.threads,
            mode=self.mode,
            reuse=self.reuse,
            encode=EncodeSettings(preset=self.preset),
        )

    def command(self) -> str:
        """The command line that measures this."""
        words = [f"--size {self.clip.width}x{self.clip.height} --frames {self.clip.frames}"]
        words += [f"--model {model}" for model in self.models]
        words += [f"--scale {self.scale}", *(f"--backend {backend}" for backend in self.backends)]
        words += [f"--precision {precision}" for precision in self.precisions]
        words += [f"--threads {self.threads}"] if self.threads else []
        words += [f"--mode {self.mode}"] + ([] if self.reuse else ["--no-reuse"])
        words += [f"--preset {self.preset}"] if self.preset else []
        words += [f"--repeat {self.repeat}"] + (["--long"] if self.long else [])
        return f"framelift bench pipeline {' '.join(words)}"


def measure(settings: Settings, say: Say) -> Report:
    """The report: a row for plain bicubic and one a case. Raises FrameliftError before any work if one cannot run."""
    report = new_report(KIND, settings.command())
    report["clip"] = {"name": settings.clip.name, **asdict(settings.clip)}
    with TemporaryDirectory() as name:
        folder = Path(name)
        say(f"rendering {settings.clip.name}")
        source, output = _written(settings.clip, folder), folder / "out.mkv"
        models = settings.cases()
        cases = {PLAIN: next(iter(models.values()))} | models
        plans = {case: make_plan(source, output, options) for case, options in cases.items()}
        for plan in plans.values():
            upscaler_for(plan).close()
        samples = _in_turns(plans, settings.repeat, say)
        report["rows"] = [_row(case, plans[case], samples[case], samples[PLAIN]) for case in cases]
        report["lengths"] = [_length(settings, n, folder, say) for n in LENGTHS] if settings.long else []
    return report


def _in_turns(plans: Mapping[str, Plan], repeat: int, say: Say) -> dict[str, list[Sample]]:
    """`repeat` samples of each case."""
    samples: dict[str, list[Sample]] = {case: [] for case in plans}
    for turn in range(repeat):
        for case, plan in plans.items():
            samples[case].append(take_sample(case, plan.input, plan.output, plan.options))
            say(f"{case}, {turn + 1} of {repeat}: {samples[case][-1].fps:.1f} fps")
    return samples


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
        "precision": None if case == PLAIN else plan.model.precision,
        "backend": middle.backend,
        "backend_reason": middle.backend_reason,
        "kept_share": middle.kept_share,
        "encoder": plan.choice.encoder.name,
        "preset": plan.options.encode.preset,
        "input_size": [g.width, g.height],
        "output_size": [g.output_width, g.output_height],
        "scale": plan.model.scale,
        "frames": middle.frames,
        "fps": spread_of([sample.fps for sample in samples]),
        "fps_over_bicubic": spread_of([ours.fps / theirs.fps for ours, theirs in zip(samples, plain, strict=True)]),
        "cpu": spread_of([sample.cpu for sample in samples]),
        "memory_before": max(sample.memory_before for sample in samples),
        "memory_peak": max(sample.memory_peak for sample in samples),
        "limiting_stage": middle.limiting_stage,
        "stages": {name: asdict(times) for name, times in middle.stages.items()},
        "cpu_ms": {stage: spread_of([sample.cpu_ms[stage] for sample in samples]) for stage in middle.cpu_ms},
        "samples": [asdict(sample) for sample in samples],
    }


def _length(settings: Settings, frames: int, folder: Path, say: Say) -> dict[str, object]:
    """Peak memory of one run of so many frames."""
    source = _written(replace(LENGTH_CLIP, frames=frames), folder)
    case, options = next(iter(settings.cases().items()))
    sample = take_sample(case, source, folder / "out.mkv", options)
    say(f"{case}, {frames} frames: {sample.memory_peak / 1e6:.0f} MB")
    size = [LENGTH_CLIP.width, LENGTH_CLIP.height]
    return {"case": case, "input_size": size, "frames": frames, "sample": asdict(sample)}
