"""The manifest: what a model file of ours says about itself.

It is one JSON object under the key `framelift` of the ONNX metadata, so that a model is one file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ModelError

METADATA_KEY = "framelift"
LUMA, RGB = "luma", "rgb"
CHANNELS = {LUMA: 1, RGB: 3}
FP32, FP16, INT8 = "fp32", "fp16", "int8"
PRECISIONS = (FP32, FP16, INT8)
CODE_OVER_MAX = "code/max"
"""Values are code values divided by the largest code, as they stand in the file: no range is expanded."""


@dataclass(frozen=True)
class DataSource:
    """A set of pictures the weights were trained on."""

    name: str
    pictures: int
    licence: str


@dataclass(frozen=True)
class SetQuality:
    """Means over a benchmark set by the papers' protocol, beside bicubic's: PSNR-Y in dB and SSIM."""

    pictures: int
    psnr_y: float
    ssim: float
    bicubic_psnr_y: float
    bicubic_ssim: float


@dataclass(frozen=True)
class Manifest:
    """What the engine needs to run a model, and where the model comes from."""

    name: str
    scale: int
    precision: str  # one of PRECISIONS: of the weights and activations
    colour: str  # LUMA or RGB
    receptive_field: int  # input pixels, per axis, that one output pixel depends on
    macs_per_pixel: int  # multiply-accumulates per input pixel
    licence: str  # of the weights
    attribution: str
    training_data: tuple[DataSource, ...]
    steps: int
    recipe: Mapping[str, object]  # the settings of the training run
    source_commit: str | None  # the project's commit that exported it, None outside a repository
    quality: Mapping[str, SetQuality]  # by benchmark set
    size_multiple: int  # width and height of the input are multiples of it
    temporal_window: int  # frames that one output frame depends on
    value_range: str  # CODE_OVER_MAX
    curve: tuple[tuple[int, float], ...] = ()  # (step, PSNR-Y in dB) while training; empty where it is not known

    @property
    def channels(self) -> int:
        """1 for luma, 3 for RGB."""
        return CHANNELS[self.colour]

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Raises ModelError for text that is not a manifest, or one this version cannot serve."""
        try:
            manifest = cls._from_fields(json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise _unreadable(f"{type(error).__name__}: {error}") from error
        manifest._check()
        return manifest

    @classmethod
    def _from_fields(cls, fields: dict[str, Any]) -> Manifest:
        fields = dict(fields)
        fields.pop("channels", None)  # written for other readers; `colour` says it here
        fields.setdefault("precision", FP32)  # files from before there were others do not say
        fields["training_data"] = tuple(DataSource(**source) for source in fields["training_data"])
        fields["quality"] = {name: SetQuality(**scores) for name, scores in fields["quality"].items()}
        fields["curve"] = tuple((int(step), float(psnr_y)) for step, psnr_y in fields.get("curve", ()))
        return cls(**fields)

    def _check(self) -> None:
        allowed = {
            "colour": (self.colour, tuple(CHANNELS)),
            "precision": (self.precision, PRECISIONS),
            "value_range": (self.value_range, (CODE_OVER_MAX,)),
            "temporal_window": (self.temporal_window, (1,)),
        }
        for name, (value, values) in allowed.items():
            if value not in values:
                raise _unreadable(f"{name} is {value!r}, allowed: {', '.join(map(str, values))}")
        for name in ("scale", "size_multiple", "receptive_field"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise _unreadable(f"{name} is {value!r}, allowed: an integer from 1")


def _unreadable(reason: str) -> ModelError:
    return ModelError(
        f"the model's manifest cannot be used: {reason}",
        "it was written by another version of framelift; export the model again with this one",
    )
