"""A checkpoint to one `.onnx` file that the engine runs: in FP32, in FP16 or in integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import onnx

from ..training import checkpoint
from ..training.errors import ResultError, SettingError
from ..training.networks.cost import macs_per_pixel, receptive_field
from ..training.networks.network import Network
from ..training.networks.plain import PlainSR
from ..training.run import LOG
from ..training.upscaler import Upscaler
from .calibration import CROPS, SIZE, calibration_crops
from .card import measure
from .curve import curve_from_log
from .files import write_onnx
from .graph import onnx_from_network
from .half import check_half, half_function_of, onnx_in_half
from .manifest import FP16, FP32, INT8, Manifest, Rights
from .parity import INT8_PARITY_BOUND, Parity, Upscale, check_parity, function_of
from .quantise import quantise
from .quantised_graph import onnx_from_quantised
from .traced import check_traced, onnx_from_traced


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
    half: bool = False,
) -> Exported:
    """Write the collapsed network of the checkpoint `source` to `out`, with its manifest.

    With `photos`, a folder of training photographs to calibrate on, it is written in INT8; with `half` in FP16. `sets`
    are folders of benchmark pictures by name, measured for the manifest; there may be none. The log of the run beside
    `source`, where there is one, becomes the training curve. Raises DataError for a checkpoint, log or pictures that
    cannot be read, SettingError for a form that the network has not, ResultError when ONNX Runtime computes something
    else than the network, WriteError; `out` is untouched then.
    """
    network, info = checkpoint.load(source)
    form = _form(network, name, photos, half=half)
    upscaler = Upscaler(info.scale, info.channels, form.upscale)
    manifest = Manifest(
        name=name,
        scale=info.scale,
        channels=info.channels,
        precision=form.precision,
        receptive_field=_reach(network, name),
        macs_per_pixel=macs_per_pixel(network),
        rights=rights,
        steps=info.step,
        recipe={**info.settings, **form.made_by},
        source_commit=source_commit,
        quality={name: measure(upscaler, folder) for name, folder in sets.items()},
        curve=curve_from_log(source.with_name(LOG), info.step),
    )
    write_onnx(form.proto, manifest, out)
    return Exported(manifest, form.parity)


def _form(network: Network, name: str, photos: Path | None, *, half: bool) -> _Form:
    if half:
        return _fp16(network, name)
    if photos is None:
        return _fp32(network, name)
    if not isinstance(network, PlainSR):
        raise SettingError(f"{name} has no INT8 form", "choose FP32 or FP16: only plain stacks are quantised")
    return _int8(network, name, photos)


def _reach(network: Network, name: str) -> int:
    found = receptive_field(network)
    if found is None:
        raise ResultError(
            f"{name} sees more of a picture than a manifest can state", "export it without one: export.traced"
        )
    return found


def _fp32(network: Network, name: str) -> _Form:
    if not isinstance(network, PlainSR):
        proto = onnx_from_traced(network, name)
        return _Form(FP32, proto, function_of(proto), check_traced(network, proto), {})
    proto = onnx_from_network(network, name)
    upscale = function_of(proto)
    return _Form(FP32, proto, upscale, check_parity(network, upscale), {})


def _fp16(network: Network, name: str) -> _Form:
    proto = onnx_in_half(network, name)
    return _Form(FP16, proto, half_function_of(proto), check_half(network, proto), {})


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
