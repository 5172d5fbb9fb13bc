"""A checkpoint of our family to one `.onnx` file that the engine runs, in FP32 or in integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import onnx

from ..training import checkpoint
from ..training.networks.plain import PlainSR
from ..training.run import LOG
from .calibration import CROPS, SIZE, calibration_crops
from .card import measure
from .curve import curve_from_log
from .files import write_onnx
from .graph import onnx_from_network
from .manifest import FP32, INT8, Manifest, Rights
from .parity import INT8_PARITY_BOUND, Parity, Upscale, check_parity, function_of
from .quantise import quantise
from .quantised_graph import onnx_from_quantised


@dataclass(frozen=True)
class Exported:
    """A model that was written: what it says of itself, and how near the graph is to the network it was made of."""

    manifest: Manifest
    parity: Parity


@dataclass(frozen=True)
class _Form:
    """A network as a graph that was compared with it."""

    precision: str
    proto: onnx.ModelProto
    upscale: Upscale
    parity: Parity
    made_by: Mapping[str, object]  # beside the training run's settings


def export(
    source: Path,
    out: Path,
    *,
    name: str,
    rights: Rights,
    sets: Mapping[str, Path],
    source_commit: str | None = None,
    photos: Path | None = None,
) -> Exported:
    """Write the collapsed network of the checkpoint `source` to `out`, with its manifest.

    With `photos`, a folder of training photographs to calibrate on, it is written in INT8. `sets` are folders of
    benchmark pictures by name, measured for the manifest; there may be none. The log of the run beside `source`, where
    there is one, becomes the training curve. Raises DataError for a checkpoint, log or pictures that cannot be read,
    ResultError when ONNX Runtime computes something else than the network, WriteError; `out` is untouched then.
    """
    network, info = checkpoint.load(source)
    form = _fp32(network, name) if photos is None else _int8(network, name, photos)
    manifest = Manifest(
        name=name,
        scale=info.scale,
        precision=form.precision,
        receptive_field=network.receptive_field,
        macs_per_pixel=network.macs_per_pixel,
        rights=rights,
        steps=info.step,
        recipe={**info.settings, **form.made_by},
        source_commit=source_commit,
        quality={name: measure(form.upscale, info.scale, folder) for name, folder in sets.items()},
        curve=curve_from_log(source.with_name(LOG), info.step),
    )
    write_onnx(form.proto, manifest, out)
    return Exported(manifest, form.parity)


def _fp32(network: PlainSR, name: str) -> _Form:
    proto = onnx_from_network(network, name)
    upscale = function_of(proto)
    return _Form(FP32, proto, upscale, check_parity(network, upscale), {})


def _int8(network: PlainSR, name: str, photos: Path) -> _Form:
    quantised = quantise(network, calibration_crops(photos, network.scale))
    proto = onnx_from_quantised(quantised, name)
    upscale = function_of(proto)
    parity = check_parity(quantised, upscale, INT8_PARITY_BOUND)
    made_by = {
        "calibration": f"{CROPS} crops of {SIZE} x {SIZE}",
        "activation_steps": [float(step) for step in quantised.steps],  # white = 1, one for each hidden layer
    }
    return _Form(INT8, proto, upscale, parity, made_by)
