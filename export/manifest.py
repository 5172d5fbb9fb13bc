"""The manifest that export writes into a model: one JSON object under one key of the ONNX metadata.

The engine reads it with types of its own (`engine/manifest.py`); a test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

METADATA_KEY = "framelift"
FP32, FP16, INT8 = "fp32", "fp16", "int8"

Curve = tuple[tuple[int, float], ...]
"""(step, PSNR-Y in dB) while training, steps rising."""


@dataclass(frozen=True)
class DataSource:
    """A set of pictures the weights were trained on."""

    name: str
    pictures: int
    licence: str


@dataclass(frozen=True)
class Rights:
    """Under which licence the weights are given away, and what they owe to whom."""

    licence: str
    attribution: str
    training_data: tuple[DataSource, ...]


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
    """What the engine needs to run a model of ours, and where the model comes from."""

    name: str
    scale: int
    precision: str  # FP32, FP16 or INT8: of the weights and activations
    receptive_field: int  # input pixels, per axis, that one output pixel depends on
    macs_per_pixel: int  # multiply-accumulates per input pixel
    rights: Rights
    steps: int
    recipe: Mapping[str, object]  # the settings of the training run
    source_commit: str | None  # the project's commit that exported it, None outside a repository
    quality: Mapping[str, SetQuality]  # by benchmark set
    channels: int = 1  # 1 for luma, 3 for RGB
    curve: Curve = ()  # on the pictures that were measured on while training; empty where that was not logged

    def to_json(self) -> str:
        """One line with sorted keys: equal manifests give equal text."""
        fields = asdict(self)
        fields |= fields.pop("rights")
        fields |= {"colour": "luma" if self.channels == 1 else "rgb", "value_range": "code/max"}
        fields |= {"size_multiple": 1, "temporal_window": 1}
        return json.dumps(fields, sort_keys=True)
