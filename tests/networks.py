"""Small networks for the tests, written as ONNX files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from framelift.engine.manifest import METADATA_KEY
from onnx import TensorProto, helper, numpy_helper

Shape = tuple[int | str | None, ...]


def enlarging(path: Path, *, scale: int = 2, channels: int = 1, linear: bool = False, codes: bool = False) -> Path:
    """A network without a manifest that repeats every pixel, or interpolates; of floats, or of 8-bit codes."""
    how = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
    if linear:
        how = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    nodes = [helper.make_node("Resize", ["x", "", "scales"], ["y"], **how)]
    weights = {"scales": np.array([1, 1, scale, scale], np.float32)}
    element = TensorProto.UINT8 if codes else TensorProto.FLOAT
    return _save(path, nodes, weights, ("N", channels, "H", "W"), element=element)


def stack(
    path: Path,
    *,
    scale: int = 2,
    layers: int = 3,
    multiple: int = 1,
    fixed: tuple[int, int] | None = None,
    manifest: bool = True,
) -> Path:
    """A luma network of 3x3 convolutions with random weights; with `multiple`, it works on blocks of that side."""
    rng = np.random.default_rng(scale)
    nodes = [helper.make_node("SpaceToDepth", ["x"], ["0"], blocksize=multiple)]
    weights, channels = {}, multiple**2
    for layer in range(layers):
        made = 6 if layer < layers - 1 else (multiple * scale) ** 2
        weights[f"w{layer}"] = rng.normal(0, 0.5 / channels, (made, channels, 3, 3)).astype(np.float32)
        nodes += [
            helper.make_node("Conv", [str(layer), f"w{layer}"], [f"{layer}c"], pads=[1] * 4),
            helper.make_node("LeakyRelu", [f"{layer}c"], [str(layer + 1)]),
        ]
        channels = made
    nodes.append(helper.make_node("DepthToSpace", [str(layers)], ["y"], blocksize=multiple * scale))
    stated = _manifest(scale, multiple, multiple * (2 * layers + 1)) if manifest else None
    return _save(path, nodes, weights, ("N", 1, *(fixed or ("H", "W"))), stated)


def _save(
    path: Path,
    nodes: list[onnx.NodeProto],
    weights: dict[str, Any],
    shape: Shape,
    manifest: str | None = None,
    element: int = TensorProto.FLOAT,
) -> Path:
    ports = [
        helper.make_tensor_value_info("x", element, shape),
        helper.make_tensor_value_info("y", element, (None,) * 4),
    ]
    constants = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "test", ports[:1], ports[1:], constants)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if manifest is not None:
        helper.set_model_props(proto, {METADATA_KEY: manifest})
    onnx.save(proto, path)
    return path


def _manifest(scale: int, multiple: int, receptive_field: int) -> str:
    return json.dumps(
        {
            "name": "random",
            "scale": scale,
            "colour": "luma",
            "value_range": "code/max",
            "size_multiple": multiple,
            "receptive_field": receptive_field,
            "temporal_window": 1,
            "macs_per_pixel": 0,
            "licence": "CC0",
            "attribution": "nobody",
            "training_data": [],
            "steps": 0,
            "recipe": {},
            "source_commit": None,
            "quality": {},
        }
    )
