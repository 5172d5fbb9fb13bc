"""Writing `.onnx` files: checked, whole or not at all, the same bytes for the same model."""

from __future__ import annotations

from pathlib import Path

import onnx

from ..training.files import replacing
from .manifest import METADATA_KEY, Manifest


def write_onnx(proto: onnx.ModelProto, manifest: Manifest, path: Path) -> None:
    """Check the model and write it with its manifest. Raises WriteError; an older file is untouched then."""
    whole = onnx.ModelProto()
    whole.CopyFrom(proto)
    onnx.helper.set_model_props(whole, {METADATA_KEY: manifest.to_json()})
    onnx.checker.check_model(whole, full_check=True)
    with replacing(path) as partial:
        partial.write_bytes(whole.SerializeToString(deterministic=True))
