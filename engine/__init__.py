"""The engine: video in, larger and sharper video out.

    from framelift.engine import upscale
    report = upscale("in.mp4", "out.mkv", scale=2)

`upscale` is one call for a file; `enlarge` is for a single picture; `probe` and `verify` are the other commands'
functions. Everything they raise is a `FrameliftError`.
"""

from __future__ import annotations

from .errors import FrameliftError, InputError, ModelError, OutputError, UsageError
from .files import upscale
from .media import MediaFacts, probe
from .model import available_models, load_model
from .report import RunReport
from .upscaler import Upscaler, enlarge

__all__ = [
    "FrameliftError",
    "InputError",
    "MediaFacts",
    "ModelError",
    "OutputError",
    "RunReport",
    "Upscaler",
    "UsageError",
    "available_models",
    "enlarge",
    "load_model",
    "probe",
    "upscale",
]
