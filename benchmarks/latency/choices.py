"""What there is to measure, and why the rest cannot be."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from ...engine.backends import available_backends, check_backend
from ...engine.compute import Compute
from ...engine.errors import ModelError
from ...engine.geometry import TargetSize
from ...engine.model import load_model
from ...engine.pipeline import upscaler_for
from ...engine.plan import Options, make_plan
from ..cases import model_name
from .settings import Settings

BACKENDS = ("native", "onnxruntime", "openvino")
"""Those that every machine is asked for; others are measured where they are."""

USUAL = {"native": ("int8", "fp32"), "auto": ("auto",)}
"""Precisions by backend that are measured unless others are named; of other backends FP32, which they take of
themselves."""


@dataclass(frozen=True)
class Choice:
    """A model, and what computes it in which numbers."""

    model: str
    scale: int
    backend: str
    precision: str

    @property
    def name(self) -> str:
        """Of the model, with its scale."""
        return model_name(self.model, self.scale)

    def __str__(self) -> str:
        return f"{self.name}, {' '.join(dict.fromkeys((self.backend, self.precision)))}"

    def options(self, threads: int | None) -> Options:
        """The engine's: one frame on all threads, and nothing kept of the frame before, which would flatter."""
        return Options(
            self.model,
            TargetSize(self.scale),
            backend=self.backend,
            precision=self.precision,
            threads=threads,
            mode="latency",
            reuse=False,
        )


def choices_of(settings: Settings) -> list[Choice]:
    """All that is asked for, whether it can run or not."""
    backends = settings.backends or tuple(dict.fromkeys((*BACKENDS, *available_backends())))
    return [
        Choice(model, scale, backend, precision)
        for model, scale, backend in product(settings.models, settings.scales, backends)
        for precision in settings.precisions or USUAL.get(backend, ("fp32",))
    ]


def refusals(choices: Collection[Choice], settings: Settings, source: Path, folder: Path) -> dict[Choice, str]:
    """Why some cannot run on this machine, each tried on the clip `source`.

    Raises FrameliftError for one that was named, backend and precision, instead of being tried as all there is; and
    where none is left.
    """
    for count in settings.threads:
        Compute(threads=count).check()
    for model in settings.models:
        load_model(model)
    for backend in settings.backends:
        check_backend(backend)
    found: dict[Choice, ModelError] = {}
    for choice in choices:
        try:
            with closing(upscaler_for(make_plan(source, folder / "out.mkv", choice.options(1)))):
                continue
        except ModelError as error:
            if choice.backend in settings.backends and choice.precision in settings.precisions:
                raise
            found[choice] = error
    if len(found) == len(choices):
        raise next(iter(found.values()))
    return {choice: error.message for choice, error in found.items()}
