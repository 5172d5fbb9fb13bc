"""The engine: video in, larger and sharper video out.

    from framelift.engine import upscale
    report = upscale("in.mp4", "out.mkv", scale=2)

`upscale` is one call for a file, with everything the command can do in `Options`; `enlarge` is for a single picture,
`Upscaler` for a loop of your own; `probe` tells what a file holds. `framelift.engine.verify` has the check. Everything
they raise is a `FrameliftError`. What a name needs is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import FrameliftError, InputError, ModelError, OutputError, UsageError

if TYPE_CHECKING:
    from .encoders import EncodeSettings
    from .files import upscale
    from .geometry import TargetSize
    from .media import MediaFacts, probe
    from .model import available_models, load_model
    from .plan import Options
    from .report import RunReport
    from .upscaler import Upscaler, enlarge

__all__ = [
    "EncodeSettings",
    "FrameliftError",
    "InputError",
    "MediaFacts",
    "ModelError",
    "Options",
    "OutputError",
    "RunReport",
    "TargetSize",
    "Upscaler",
    "UsageError",
    "available_models",
    "enlarge",
    "load_model",
    "probe",
    "upscale",
]
_MODULES = {
    "EncodeSettings": "encoders",
    "MediaFacts": "media",
    "Options": "plan",
    "RunReport": "report",
    "TargetSize": "geometry",
    "Upscaler": "upscaler",
    "available_models": "model",
    "enlarge": "upscaler",
    "load_model": "model",
    "probe": "media",
    "upscale": "files",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
