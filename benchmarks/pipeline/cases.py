"""What there is to run: each model beside plain bicubic, and the first of them in other sizes and lengths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

from ...engine.encoders import EncodeSettings
from ...engine.geometry import TargetSize
from ...engine.plan import Options
from ..cases import case_name, model_name
from ..workloads import Workload, workload_named
from .settings import LEAST_FRAMES, LENGTH_SIZE, LENGTHS, SIZES, Settings
from .sources import resized

PLAIN = "bicubic"
"""The model of the case that runs none."""

Part = Literal["speed", "sizes", "lengths"]


@dataclass(frozen=True)
class Case:
    """One thing to run; `part` is what of the report it is for."""

    name: str
    part: Part
    clip: Workload
    options: Options
    plain: bool = False


def cases_of(settings: Settings) -> list[Case]:
    """All, of different names: bicubic, each model, then the first one's growth.

    Raises UsageError or InputError for a clip there is not, or that cannot grow.
    """
    clip, cases = workload_named(settings.clip), dict[str, Case]()
    for case in (*_speed(settings, clip), *_sizes(settings, clip), *_lengths(settings, clip)):
        cases.setdefault(case.name, case)
    return list(cases.values())


def first_model(cases: Sequence[Case]) -> Case:
    """Whose growth is shown."""
    return next(case for case in cases if not case.plain)


def live_name(settings: Settings, clip: Workload, rate: int) -> str:
    """The first model's case in live streams."""
    words = model_name(settings.models[0], settings.scale), settings.backends[0], settings.precisions[0]
    return f"{case_name(*words, _size(clip), settings.threads)}, live at {rate} fps"


def _speed(settings: Settings, clip: Workload) -> Iterator[Case]:
    choices = list(product(settings.models, settings.backends, settings.precisions))
    name = case_name(f"{PLAIN}-x{settings.scale}", "swscale", "swscale", _size(clip), None)
    yield Case(_how(name, settings), "speed", clip, _options(settings, *choices[0]), plain=True)
    for choice in choices:
        yield _case("speed", settings, clip, *choice)


def _sizes(settings: Settings, clip: Workload) -> Iterator[Case]:
    """As many pixels in each, where that is enough frames."""
    for width, height in SIZES if settings.sizes else ():
        frames = max(LEAST_FRAMES, clip.width * clip.height * clip.frames // (width * height))
        yield _first("sizes", settings, resized(clip, (width, height), frames))


def _lengths(settings: Settings, clip: Workload) -> Iterator[Case]:
    for frames in LENGTHS if settings.long else ():
        case = _first("lengths", settings, resized(clip, LENGTH_SIZE, frames))
        yield replace(case, name=f"{case.name}, {frames} frames")


def _first(part: Part, settings: Settings, clip: Workload) -> Case:
    return _case(part, settings, clip, settings.models[0], settings.backends[0], settings.precisions[0])


def _case(part: Part, settings: Settings, clip: Workload, model: str, backend: str, precision: str) -> Case:
    words = model_name(model, settings.scale), backend, precision
    name = case_name(*words, _size(clip), settings.threads, _mode(settings))
    return Case(_how(name, settings), part, clip, _options(settings, model, backend, precision))


def _size(clip: Workload) -> tuple[int, int]:
    return clip.width, clip.height


def _mode(settings: Settings) -> str:
    return "" if settings.mode == "throughput" else settings.mode  # which is how files are upscaled


def _how(name: str, settings: Settings) -> str:
    return ", ".join(filter(None, (name, settings.preset, "" if settings.reuse else "nothing reused")))


def _options(settings: Settings, model: str, backend: str, precision: str) -> Options:
    return Options(
        model=model,
        target=TargetSize(settings.scale),
        backend=backend,
        precision=precision,
        threads=settings.threads,
        mode=settings.mode,
        reuse=settings.reuse,
        encode=EncodeSettings(preset=settings.preset),
    )
