"""What reuse spares, measured: the network with and without it on decoded frames, ratios within a pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from functools import partial
from itertools import islice, product
from pathlib import Path
from tempfile import TemporaryDirectory

from ...engine.decode import Decoder
from ...engine.errors import UsageError
from ...engine.frame import DecodedFrame
from ...engine.media import open_input
from ...engine.pipeline import upscaler_for
from ...engine.plan import Options, Plan, make_plan
from ..cases import case_name
from ..report import Report, add, add_model, finish, new_report
from ..statistics.calibration import Calibration
from ..statistics.measurement import Measurement, measured_once, measurements_of
from ..statistics.turns import interleaved
from ..workloads import Workload, trial_of, workload_named, written
from . import KIND
from .passes import Pass, Plans, own_cost, pass_over
from .settings import THREADS, Settings

WITH, WITHOUT, KEPT = "with reuse", "without reuse", "kept"
"""The metrics: CPU time of the network, a frame's mean by pass, and the share of the pixels not computed again."""

_CRF = 23  # x264's own: at usual quality, skipped blocks stay as they are; only noise is kept without loss

Say = Callable[[str], None]


def measure(settings: Settings, say: Say, keep: Callable[[Report], None] = lambda _: None) -> Report:
    """The report: a row for each clip, model and mode; after each clip, `keep` gets what there is so far.

    Raises FrameliftError before any work where one cannot run.
    """
    workloads = [workload_named(clip).first(settings.frames) for clip in settings.clips]
    report = new_report(KIND, settings.command(), asdict(settings)) | {"rows": []}
    calibration = Calibration()
    with TemporaryDirectory() as name:
        folder, cases = Path(name), list(product(settings.models, THREADS))
        for workload, case in product(workloads, cases):
            _plans(trial_of(workload, folder), folder, *case)
        clips = {workload.name: _file(workload, folder, say) for workload in workloads}
        planned = {clip: [_plans(path, folder, *case) for case in cases] for clip, path in clips.items()}
        for clip, plans in planned.items():
            _measure_clip(report, clip, plans, settings, calibration, say)
            report["calibration"] = calibration.to_json()
            keep(report)
    finish(report, calibration, own_cost(min(m.median for m in measurements_of(report) if m.metric == WITHOUT)))
    return report


def _file(workload: Workload, folder: Path, say: Say) -> Path:
    """A user's as it is; a scene in H.264, noise without loss."""
    if workload.path is not None:
        return workload.path
    say(f"rendering {workload.name}")
    return written(workload, folder, crf=None if workload.name.startswith("noise:") else _CRF)


def _plans(clip: Path, folder: Path, model: str, mode: str) -> Plans:
    """Raises UsageError where nothing would be kept."""
    options = Options(model, threads=THREADS[mode], mode=mode)
    plans = {reuse: make_plan(clip, folder / "out.mkv", replace(options, reuse=reuse)) for reuse in (True, False)}
    with closing(upscaler_for(plans[True])) as upscaler:
        if upscaler.kept_share is None:
            raise UsageError(
                f"with {model}, nothing of {clip.name} ({plans[True].layout.name}) is ever kept",
                "measure a model that the native backend runs, on YUV videos",
            )
    return plans


def _measure_clip(
    report: Report, clip: str, pairs: Sequence[Plans], settings: Settings, calibration: Calibration, say: Say
) -> None:
    frames = _frames(pairs[0][True], settings.frames)
    cases = {_case(clip, plans[True]): plans for plans in pairs}
    works = {case: partial(pass_over, plans, frames) for case, plans in cases.items()}
    for case, passes in interleaved(works, settings.repeat, calibration=calibration).items():
        plan = cases[case][True]
        add_model(report, plan.model)
        report["rows"].append(_row(case, clip, plan))
        kept, ours, without = _measurements(case, passes)
        for measurement in (kept, ours, without):
            add(report, measurement)
        say(f"{case}: {kept.median:.1%} kept, {ours.median:.2f} ms instead of {without.median:.2f}")


def _case(clip: str, plan: Plan) -> str:
    options, size = plan.options, (plan.geometry.width, plan.geometry.height)
    way = case_name(plan.model.name, "native", str(plan.model.precision), size, options.threads, options.mode)
    return f"{clip}, {way}"


def _row(case: str, clip: str, plan: Plan) -> dict[str, object]:
    return {
        "case": case,
        "clip": clip,
        "model": plan.model.name,
        "precision": plan.model.precision,
        "scale": plan.model.scale,
        "input_size": [plan.geometry.width, plan.geometry.height],
        "mode": plan.options.mode,
        "threads": plan.options.threads,
    }


def _measurements(case: str, passes: Sequence[Pass]) -> tuple[Measurement, Measurement, Measurement]:
    """What was kept; with reuse; without."""
    return (
        measured_once(case, KEPT, "", "higher", passes[0].kept_share, exact=0.001),
        Measurement(case, WITH, "ms", "lower", tuple((each.ms,) for each in passes)),
        Measurement(case, WITHOUT, "ms", "lower", tuple((each.ms_without,) for each in passes)),
    )


def _frames(plan: Plan, most: int) -> list[DecodedFrame]:
    with open_input(plan.input) as source:
        decoder = Decoder(source, plan.facts.video, set(), plan.options.deinterlace)
        return list(islice((item for item in decoder if isinstance(item, DecodedFrame)), most))
