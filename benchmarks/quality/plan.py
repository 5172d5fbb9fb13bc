"""What will be measured. Everything that can be refused is refused here, before any work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from ...engine.backends import check_backend
from ...engine.errors import ModelError, UsageError
from ...engine.model import Model, available_models, load_model, precisions_of
from ..workloads import Workload, workload_named
from .clips import check_clip, check_rates
from .filters import NAMES, Filter
from .judges import Judges, judges_of
from .network import Network, network_on
from .pictures import PictureSet, picture_sets
from .settings import CLIPS, FRONT, PICTURES, RATES, Settings
from .way import Way
from .weights import missing_classics, published, weight_files

_TRIED = (48, 64, 3)  # a picture that every network is tried on


@dataclass(frozen=True)
class Unmeasured:
    """What has a row in the report that says why it has no figures."""

    name: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """What is measured on what, by which metrics."""

    sets: list[PictureSet]
    clips: list[Workload]
    ways: list[Way]
    unmeasured: list[Unmeasured]
    judges: Judges


def make_plan(settings: Settings, folder: Path) -> Plan:
    """`folder` is for networks that must be written as `.onnx` first. Raises FrameliftError, TrainingError."""
    for backend in settings.backends:
        check_backend(backend)
    judges = judges_of(settings)
    pictures = {PICTURES, FRONT} & set(settings.parts)
    sets = picture_sets(settings.pictures, max(settings.scales), judges.smallest) if pictures else []
    clips = _clips(settings) if {CLIPS, RATES} & set(settings.parts) else []
    ways: dict[str, Way] = {way.name: way for way in _filters(settings)}
    unmeasured: list[Unmeasured] = []
    for kind, title, model in [*_own(settings), *_published(settings, folder, unmeasured)]:
        for backend in settings.backends:
            way = _tried(kind, title, model, backend, unmeasured)
            if way is not None:
                _add(ways, way)
    unmeasured += [Unmeasured(name, "no weights were given (--weights)") for name in missing_classics(list(ways))]
    return Plan(sets, clips, list(ways.values()), unmeasured, judges)


def _clips(settings: Settings) -> list[Workload]:
    """Raises UsageError, InputError."""
    workloads = list({each.name: each for each in map(workload_named, settings.clips)}.values())
    for workload, scale in product(workloads, settings.scales):
        check_clip(workload, scale)
        if RATES in settings.parts:
            check_rates(workload, scale, settings.codecs, settings.crfs)
    return workloads


def _filters(settings: Settings) -> Iterator[Filter]:
    return (Filter(method, scale) for scale in settings.scales for method in NAMES)


def _own(settings: Settings) -> Iterator[tuple[str, str, Model]]:
    """Kind, title and model of what is shipped or was named. Raises ModelError, UsageError."""
    if settings.models:
        models = [model for name in settings.models for model in _models_named(name, settings.scales)]
    else:
        shipped = [load_model(name) for name in available_models()]
        models = [model for model in shipped if model.scale in settings.scales]
        for scale in set(settings.scales) - {model.scale for model in models}:
            scales = ", ".join(map(str, sorted({model.scale for model in shipped})))
            raise UsageError(f"no shipped model enlarges by {scale}", f"choose of {scales}, or give --model FILE")
    for model in models:
        yield "framelift" if model.manifest else "given", model.path.stem.removesuffix(f"-{model.precision}"), model


def _models_named(name: str, scales: tuple[int, ...]) -> list[Model]:
    """In each precision, of the scales asked for that it has."""
    found = [
        load_model(name, scale=scale, precision=precision)
        for scale in scales
        for precision in precisions_of(name, scale) or (None,)
    ]
    fitting = {model.path: model for model in found if model.scale in scales}
    if not fitting:
        own, wanted = found[0].scale, " or ".join(map(str, scales))
        raise UsageError(f"model {name} enlarges by {own}, not by {wanted}", f"add --scale {own}")
    return list(fitting.values())


def _published(settings: Settings, folder: Path, unmeasured: list[Unmeasured]) -> Iterator[tuple[str, str, Model]]:
    """Likewise of published weights; of a folder, what is not recognised goes to `unmeasured`."""
    for place in settings.weights:
        for file in weight_files(place):
            try:
                models = published(file, settings.scales, folder)
            except ModelError as error:
                if place == file:
                    raise
                unmeasured.append(Unmeasured(file.name, error.message))
            else:
                yield from (("published", model.path.stem, model) for model in models)


def _tried(kind: str, title: str, model: Model, backend: str, unmeasured: list[Unmeasured]) -> Network | None:
    """None where it cannot be run, which goes to `unmeasured`."""
    try:
        network = network_on(backend, kind, title, model)
        network.enlarge(np.random.default_rng(0).integers(0, 256, _TRIED, np.uint8))
    except ModelError as error:
        unmeasured.append(Unmeasured(f"{title}, {backend}", error.message))
        return None
    return network


def _add(ways: dict[str, Way], way: Network) -> None:
    """Once where it was named twice. Raises UsageError for another of the same name."""
    other = ways.setdefault(way.name, way)
    if isinstance(other, Network) and other.model.sha256 != way.model.sha256:
        raise UsageError(f"{other.model.path} and {way.model.path} have one name", "rename one of them")
