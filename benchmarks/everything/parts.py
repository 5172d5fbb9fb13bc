"""The parts of `framelift bench all`: each kind's own bench, with settings that leave all in a quarter of an hour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ...engine.errors import UsageError
from ..latency.settings import Settings as Latency
from ..live.settings import Settings as Live
from ..peers.settings import Settings as Peers
from ..pipeline.settings import Settings as Pipeline
from ..quality.settings import Settings as Quality
from ..report import Report
from .settings import Settings

Say = Callable[[str], None]
Keep = Callable[[Report], None]


@dataclass(frozen=True)
class Part:
    """A kind with what it is asked for; `package` has its `measure.py`, which is loaded when its turn comes."""

    package: str
    settings: Any  # the kind's own
    needs: tuple[str, ...] = ()  # modules that not every installation has
    install: str = ""

    def measure(self, say: Say, keep: Keep) -> Report:
        """The kind's report. Raises UsageError where something is not installed, and what the kind raises."""
        missing = [name for name in self.needs if find_spec(name) is None]
        if missing:
            raise UsageError(f"it needs {', '.join(missing)}", f"pip install '{self.install}'")
        module = import_module(f"..{self.package}.measure", __package__)
        report: Report = module.measure(self.settings, say, keep)
        return report


def _latency(_: Settings) -> Part:
    return Part("latency", Latency(sizes=((640, 360),)))


def _pipeline(_: Settings) -> Part:
    backends = ("native", *(name for name in ("onnxruntime", "openvino") if find_spec(name)))
    wanted = Pipeline(
        models=("tiny-16", "tiny-8"), backends=backends, preset="ultrafast", repeat=3, sizes=True, streams=True
    )
    return Part("pipeline", wanted)


def _quality(asked: Settings) -> Part:
    weights = (asked.weights,) if asked.weights else ()
    wanted = Quality(pictures=asked.pictures, weights=weights)
    if find_spec("cv2") is not None:
        from ..quality.pictures import picture_sets  # noqa: PLC0415  it needs cv2

        picture_sets(wanted.pictures, max(wanted.scales), 0)
    return Part("quality", wanted, ("cv2",), "framelift[bench]")


def _peers(asked: Settings) -> Part:
    wanted = Peers(weights=asked.weights, opencv_python=asked.opencv_python)
    wanted.check()
    return Part("peers", wanted)


def _live(_: Settings) -> Part:
    wanted = Live(cases=("latency",), codecs=("h264",), seconds=8, repeat=3)
    return Part("live", wanted, ("aiortc", "fastapi", "prometheus_client", "uvicorn"), "framelift[live]")


PARTS: Mapping[str, Callable[[Settings], Part]] = {
    "latency": _latency,
    "pipeline": _pipeline,
    "quality": _quality,
    "peers": _peers,
    "live": _live,
}
"""Each looks at what the user asked for at once; the work comes later. Raises UsageError, InputError,
and TrainingError for a folder without pictures."""
