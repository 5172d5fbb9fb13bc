"""`framelift bench quality`: pictures, then speed beside their quality, then clips and what codecs leave of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

from ...training.imresize import crop_to_multiple, imresize
from ..report import Report, add, add_model, finish, new_report
from ..statistics.calibration import Calibration
from ..statistics.measurement import measured_once
from ..workloads import Workload
from . import KIND
from .clips import measure_clip, rate_distortion
from .front import frame_times, front_case, harness
from .network import Network
from .pictures import PictureSet
from .plan import Plan, make_plan
from .scores import METRICS, Metric, picture_case, scores
from .settings import CLIPS, FRONT, RATES, Settings
from .way import Way

Say = Callable[[str], None]
Keep = Callable[[Report], None]


def measure(settings: Settings, say: Say, keep: Keep) -> Report:
    """The report, kept after each set of pictures and each part.

    Raises FrameliftError or TrainingError before any work for what cannot be measured.
    """
    calibration, overhead = Calibration(), None
    with TemporaryDirectory() as name:
        plan = make_plan(settings, Path(name))
        report = _begun(settings, plan)
        for scale, pictures in product(settings.scales, plan.sets):
            _add_pictures(report, pictures, scale, plan, say)
            keep(report)
        if FRONT in settings.parts:
            times = frame_times(plan.ways, settings, say, calibration)
            for measurement in times:
                add(report, measurement)
            overhead = harness(times)
            keep(report)
        for scale, clip in product(settings.scales, plan.clips):
            _add_clip(report, clip, scale, plan, settings, say)
            keep(report)
    finish(report, calibration if FRONT in settings.parts else None, overhead)
    return report


def _begun(settings: Settings, plan: Plan) -> Report:
    """The report with all but figures."""
    alike = {
        "scales": settings.scales,
        "size": settings.size,
        "threads": settings.threads,
        "clips": settings.clips,
        "codecs": settings.codecs,
        "crfs": settings.crfs,
    }
    report = new_report(KIND, settings.command(), alike)
    report["sets"] = [{"name": each.name, "pictures": list(each.pictures)} for each in plan.sets]
    report["rows"] = [_row(way, settings) for way in plan.ways]
    report["unmeasured"] = [{"name": each.name, "reason": each.reason} for each in plan.unmeasured]
    report["absent"] = {metric.name: reason for metric, reason in plan.judges.absent.items()}
    report["by_picture"] = {}
    for way in plan.ways:
        if isinstance(way, Network):
            add_model(report, way.model)
    return report


def _row(way: Way, settings: Settings) -> dict[str, object]:
    return {
        "way": way.name,
        "title": way.title,
        "kind": way.kind,
        "scale": way.scale,
        "backend": way.backend,
        "precision": way.precision,
        "macs_per_pixel": way.macs_per_pixel,
        "front_case": front_case(way, settings),
    }


def _add_pictures(report: Report, pictures: PictureSet, scale: int, plan: Plan, say: Say) -> None:
    """One set at one scale: means as measurements, and each picture's figures beside them."""
    ways = [way for way in plan.ways if way.scale == scale]
    found: dict[str, list[dict[Metric, float]]] = {way.name: [] for way in ways}
    for number, (name, picture) in enumerate(pictures.pictures.items(), 1):
        say(f"{pictures.name} x{scale}, {number} of {len(pictures.pictures)}: {name}")
        original = crop_to_multiple(picture(), scale)
        low = imresize(original, 1 / scale)
        for way in ways:
            enlarged = way.enlarge(low)
            judged = {metric: judge(original, enlarged.rgb) for metric, judge in plan.judges.measured.items()}
            found[way.name].append(scores(original, enlarged, scale) | judged)
    for way in ways:
        _add_case(report, picture_case(way.name, pictures.name), found[way.name])


def _add_clip(report: Report, clip: Workload, scale: int, plan: Plan, settings: Settings, say: Say) -> None:
    found = measure_clip(clip, plan.ways, scale, say) if CLIPS in settings.parts else []
    if RATES in settings.parts:
        found += rate_distortion(clip, plan.ways, scale, settings.codecs, settings.crfs, say)
    for measurement in found:
        add(report, measurement)


def _add_case(report: Report, case: str, found: Sequence[dict[Metric, float]]) -> None:
    for metric in METRICS:
        values = [each[metric] for each in found if metric in each]
        if values:
            add(report, measured_once(case, metric.name, metric.unit, metric.better, fmean(values), metric.exact))
            report["by_picture"].setdefault(case, {})[metric.name] = [round(value, 4) for value in values]
