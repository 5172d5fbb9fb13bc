"""A model of any kind, by what a user calls it, as an upscaler of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from framelift.engine.errors import UsageError

if TYPE_CHECKING:
    from framelift.training.upscaler import Upscaler

BICUBIC = "bicubic"


@contextmanager
def upscaler_named(model: str, scale: int | None) -> Iterator[Upscaler]:
    """The upscaler of a checkpoint of ours, a file of published weights, an .onnx file, a shipped name or bicubic.

    Raises UsageError for bicubic without a scale and a scale that is not the model's, ModelError, DataError,
    SettingError for what cannot be used.
    """
    path = Path(model)
    if model == BICUBIC:
        yield _bicubic(scale)
    elif path.suffix in (".pth", ".pt", ".safetensors"):
        yield _checked(_from_weights(path, scale), model, scale)
    else:
        with _from_onnx(model, scale) as upscaler:
            yield _checked(upscaler, model, scale)


def _bicubic(scale: int | None) -> Upscaler:
    from framelift.training.upscaler import bicubic

    if scale is None:
        raise UsageError("bicubic has any scale, and none was chosen", "add --scale")
    return bicubic(scale)


def _from_weights(path: Path, scale: int | None) -> Upscaler:
    from framelift.training import checkpoint, published
    from framelift.training.upscaler import upscaler_of

    if checkpoint.is_ours(path):
        return upscaler_of(checkpoint.load(path)[0])
    return upscaler_of(published.load(path, scale))


@contextmanager
def _from_onnx(model: str, scale: int | None) -> Iterator[Upscaler]:
    from framelift.engine.backends import choose_backend
    from framelift.engine.compute import Compute
    from framelift.engine.model import load_model
    from framelift.training.upscaler import Upscaler

    loaded = load_model(model, scale=scale)
    with closing(choose_backend(loaded, Compute(mode="latency"))) as backend:
        yield Upscaler(loaded.scale, loaded.channels, backend.run)


def _checked(upscaler: Upscaler, model: str, scale: int | None) -> Upscaler:
    if scale not in (None, upscaler.scale):
        raise UsageError(f"{model} enlarges by {upscaler.scale}, not {scale}", f"choose scale {upscaler.scale}")
    return upscaler
