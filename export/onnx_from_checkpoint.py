"""A checkpoint of our family to one `.onnx` file that the engine runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..training import checkpoint
from .card import measure
from .files import write_onnx
from .graph import onnx_from_network
from .manifest import Manifest, Rights
from .parity import check_parity, function_of


def export(
    source: Path,
    out: Path,
    *,
    name: str,
    rights: Rights,
    sets: Mapping[str, Path],
    source_commit: str | None = None,
) -> Manifest:
    """Write the collapsed network of the checkpoint `source` to `out`, with its manifest, which is returned.

    `sets` are folders of benchmark pictures by name, measured for the manifest; there may be none. Raises
    DataError for a checkpoint or pictures that cannot be read, ResultError when ONNX Runtime and torch differ
    by more than `PARITY_BOUND`, WriteError; `out` is untouched then.
    """
    network, info = checkpoint.load(source)
    proto = onnx_from_network(network, name)
    upscale = function_of(proto)
    check_parity(network, upscale)
    manifest = Manifest(
        name=name,
        scale=info.scale,
        receptive_field=network.receptive_field,
        macs_per_pixel=network.macs_per_pixel,
        rights=rights,
        steps=info.step,
        recipe=info.settings,
        source_commit=source_commit,
        quality={name: measure(upscale, info.scale, folder) for name, folder in sets.items()},
    )
    write_onnx(proto, manifest, out)
    return manifest
