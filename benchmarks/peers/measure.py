"""All peers on one clip: what their pictures are worth, milliseconds a frame, and whole files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from ...engine.model import load_model
from ..report import Report, add_model, finish, new_report
from ..statistics.measurement import measurements_of
from ..statistics.overhead import Overhead, overhead
from ..workloads import workload_named
from . import KIND
from .apart.serving import ArrayEnlarger, Codes, milliseconds
from .bench import FRAME_METRIC, Bench
from .catalogue import peers_of
from .material import material_of
from .peer import Absent, Peer
from .picture_sets import picture_sets
from .settings import Say, Settings

Keep = Callable[[Report], None]


def measure(settings: Settings, say: Say, keep: Keep = lambda _: None) -> Report:
    """The report; `keep` gets what there is of it after each part. Raises FrameliftError before any work."""
    settings.check()
    workload = workload_named(settings.clip)
    sets = picture_sets(settings.pictures, settings.scale)
    report = new_report(KIND, settings.command(), _settings(settings)) | {"rows": [], "absent": []}
    with TemporaryDirectory() as name:
        folder = Path(name)
        found = peers_of(settings, folder)
        for model in settings.models:
            add_model(report, load_model(model, scale=settings.scale))
        say(f"rendering {workload.name}")
        material = material_of(workload, settings.scale, folder)
        report["clip"] = {"name": workload.name, "size": list(material.size), "frames": len(material.small)}
        report["absent"] = [asdict(each) for each in found if isinstance(each, Absent)]
        bench = Bench(settings, material, report, say, lambda: keep(report))
        bench.run([each for each in found if isinstance(each, Peer)], sets)
    finish(report, bench.calibration, _overhead(report))
    return report


def _settings(settings: Settings) -> dict[str, object]:
    """Without places, which are other ones on each machine."""
    places = {"opencv_python", "weights", "pictures"}
    return {name: value for name, value in asdict(settings).items() if name not in places}


class _Nothing(ArrayEnlarger):
    """A peer that takes no time: what is left is ours."""

    about = "nothing"

    def enlarge(self, given: Codes | None) -> Codes | None:
        return given


def _overhead(report: Report) -> Overhead | None:
    """Of our clock around a frame, which FFmpeg's time is not by; None where it was around none."""
    timed = {case for row in report["rows"] if row["group"] != "interpolation" for case in row["threads"].values()}
    found = [m.median for m in measurements_of(report) if m.metric == FRAME_METRIC and m.case in timed]
    return overhead(lambda: milliseconds(_Nothing(), None), min(found)) if found else None
