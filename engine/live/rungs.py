"""The rungs of one kind of frame: the wanted model, lighter ones, and bicubic, which is always there.

Which of them serves a frame is decided by the deadline; a rung that is not open yet, or failed, gives way to the next.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from ..backends import check_backend
from ..colour import ColourTags
from ..compute import Compute
from ..errors import FrameliftError, ModelError, UsageError
from ..frame import DecodedFrame, UpscaledFrame
from ..geometry import TargetSize, plan_geometry
from ..layout import layout_of
from ..model import load_model, precisions_of, scales_of
from ..upscaler import Upscaler
from .bicubic import Bicubic
from .settings import LiveSettings

BICUBIC = "bicubic"
SHIPPED = ("tiny-16", "tiny-8")  # the heavier first
SCALES = (1, 2, 3, 4)


class Way(Protocol):
    """How a frame is enlarged; used by one thread at a time."""

    def upscale(self, frame: DecodedFrame) -> UpscaledFrame:
        """The larger frame. Raises ModelError when the model fails."""

    def close(self) -> None:
        """Free what it holds."""


@dataclass(frozen=True)
class Kind:
    """What the frames of a stretch have in common, and how they are to be enlarged; `scale` 1 passes them through."""

    width: int  # luma pixels
    height: int
    pix_fmt: str
    colour: ColourTags
    scale: int
    settings: LiveSettings


def kind_of(frame: DecodedFrame, settings: LiveSettings, largest: tuple[int, int]) -> Kind:
    """The scale is the one asked for, or less where the output would be larger than `largest`, either way up."""
    picture = frame.picture
    sides = sorted((picture.width, picture.height))
    fitting = min(limit // side for limit, side in zip(sorted(largest), sides, strict=True))
    scale = max(1, min(settings.scale, fitting))
    enlarging = replace(settings, bitrate=None, budget=None)  # these two change no rung
    return Kind(picture.width, picture.height, picture.format.name, frame.colour, scale, enlarging)


def check_settings(settings: LiveSettings) -> None:
    """Raises UsageError or ModelError for what cannot be: quick, so a file is looked for but not opened."""
    compute = _compute(settings)
    compute.check()
    check_backend(settings.backend)
    if settings.scale not in SCALES:
        raise UsageError(f"scale {settings.scale} is not one of {', '.join(map(str, SCALES))}", "choose one of these")
    if settings.budget is not None and not settings.budget > 0:
        raise UsageError(f"a budget of {settings.budget} ms is not above 0", "leave it out for the frames' interval")
    if _is_file(settings.model):
        if not Path(settings.model).is_file():
            raise ModelError(f"there is no model file {settings.model}", "give the path of an .onnx file")
    elif settings.model != BICUBIC and settings.scale > 1:
        _check_name(settings)


def names_of(kind: Kind) -> tuple[str, ...]:
    """The rungs, the best first; at a scale that had to be lowered, a model that only has the one is left out."""
    wanted, scale = kind.settings.model, kind.scale
    if scale == 1 or wanted == BICUBIC:
        return (BICUBIC,)
    place = next((i for i, name in enumerate(SHIPPED) if wanted == name or wanted.startswith(f"{name}-")), None)
    lighter = SHIPPED if place is None else SHIPPED[place + 1 :]
    form = _compute(kind.settings).file_precision
    serves = scale == kind.settings.scale or scale in scales_of(wanted, form)
    return (*((wanted,) if serves else ()), *(name for name in lighter if scale in scales_of(name, form)), BICUBIC)


class Rungs:
    """Opened by one thread (`open`), used by another (`upscale`), closed when neither comes any more."""

    def __init__(self, kind: Kind) -> None:
        """Bicubic is ready at once. Raises InputError for a pixel format the engine has no form for."""
        self.kind = kind
        self.names = names_of(kind)
        self.failures: dict[str, str] = {}  # rung: its error's words
        self.backends = {BICUBIC: _bicubic_backend(kind)}  # rung: what computes it, and why
        layout = layout_of(kind.pix_fmt)
        self._ways: dict[str, Way] = {BICUBIC: Bicubic(kind.width, kind.height, layout, kind.colour, kind.scale)}
        self._closed = False
        self._lock = threading.Lock()

    @property
    def missing(self) -> tuple[str, ...]:
        """Those still to be opened, the lightest first, because it is there the soonest."""
        there = {*self._ways, *self.failures}
        return () if self._closed else tuple(name for name in reversed(self.names) if name not in there)

    def open(self) -> None:
        """Open what is missing; what fails is noted."""
        for name in self.missing:
            if self._closed:
                return
            try:
                self._keep(name, _open(name, self.kind))
            except FrameliftError as error:
                self.failures[name] = error.message

    def upscale(self, frame: DecodedFrame, best: int) -> tuple[UpscaledFrame, int]:
        """The frame by rung `best` of `names`, or the next one that is ready, and which that was."""
        for rung in range(min(best, len(self.names) - 1), len(self.names) - 1):
            name = self.names[rung]
            way = self._ways.get(name)
            if way is None:
                continue
            try:
                return way.upscale(frame), rung
            except Exception as error:  # noqa: BLE001  whatever a model does, the picture goes on
                self._drop(name, error)
        return self._ways[BICUBIC].upscale(frame), len(self.names) - 1

    def close(self) -> None:
        """Free every model, and the frames they keep. Nobody may be in `upscale`."""
        with self._lock:
            self._closed = True
            for way in self._ways.values():
                way.close()
            self._ways.clear()

    def _keep(self, name: str, upscaler: Upscaler) -> None:
        with self._lock:
            if self._closed:
                upscaler.close()
                return
            self.backends[name] = upscaler.backend.name, upscaler.backend.reason
            self._ways[name] = upscaler

    def _drop(self, name: str, error: Exception) -> None:
        self.failures[name] = error.message if isinstance(error, FrameliftError) else f"{type(error).__name__}: {error}"
        self._ways.pop(name).close()


def _open(name: str, kind: Kind) -> Upscaler:
    """Raises FrameliftError."""
    compute, layout = _compute(kind.settings), layout_of(kind.pix_fmt)
    scale = kind.scale if scales_of(name, compute.file_precision) else None  # a file, or a full name, has its own
    form = compute.form_among(precisions_of(name, scale), layout.depth)
    model = load_model(name, scale=scale, precision=form)
    if model.scale != kind.scale:
        raise ModelError(f"model {name} enlarges {model.scale} times, not {kind.scale}", f"ask for scale {model.scale}")
    geometry = plan_geometry(kind.width, kind.height, Fraction(1), TargetSize(), model.scale)
    return Upscaler(model, layout, kind.colour, geometry, compute=compute)


def _bicubic_backend(kind: Kind) -> tuple[str, str]:
    return "native", "not enlarged, passed through" if kind.scale == 1 else "bicubic (our own kernel, 1 thread)"


def _compute(settings: LiveSettings) -> Compute:
    """All threads on one frame; and since a camera's background stands still, what did not change is kept."""
    return Compute(settings.backend, settings.precision, settings.threads, mode="latency", reuse=True)


def _is_file(model: str) -> bool:
    path = Path(model)
    return path.suffix == ".onnx" or len(path.parts) > 1


def _check_name(settings: LiveSettings) -> None:
    """A shipped name. Raises ModelError or UsageError."""
    form = _compute(settings).file_precision
    scales = scales_of(settings.model, form)
    if scales and settings.scale not in scales:
        raise UsageError(
            f"model {settings.model} has no scale {settings.scale}, only {', '.join(map(str, scales))}",
            "choose one of these",
        )
    found = load_model(settings.model, scale=settings.scale if scales else None, precision=form)
    if found.scale != settings.scale:
        raise UsageError(
            f"model {settings.model} enlarges {found.scale} times, not {settings.scale}", f"ask for scale {found.scale}"
        )
