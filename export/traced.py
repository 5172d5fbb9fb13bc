"""Any network of `training.networks.network` as an ONNX graph, by tracing its operations.

Our own family has a graph written by hand (`graph`); this is for the published networks and foreign ones.
"""

from __future__ import annotations

import copy
import warnings
from io import BytesIO
from pathlib import Path

import onnx
import torch
from onnxruntime.capi import onnxruntime_pybind11_state as errors

from ..training.errors import ResultError
from ..training.files import replacing
from ..training.networks.network import Network
from .graph import OPSET
from .parity import Parity, check_parity, function_of

TRACED_PARITY_BOUND = 1e-4
"""Largest difference allowed, white = 1: below half a 12-bit code. Some compute in codes 0..255, which round more."""

_RUNTIME_ERRORS = (
    errors.Fail,
    errors.InvalidArgument,
    errors.InvalidGraph,
    errors.NotImplemented,
    errors.RuntimeException,
)


def export_network(network: Network, out: Path, *, name: str) -> Parity:
    """Write `network` to `out` as `.onnx` in FP32, without a manifest: the engine finds scale and channels by itself.

    Raises ResultError for a network that ONNX cannot express or when ONNX Runtime computes something else than it,
    WriteError; `out` is untouched then.
    """
    proto = onnx_from_traced(network, name)
    parity = check_traced(network, proto)
    with replacing(out) as partial:
        partial.write_bytes(proto.SerializeToString(deterministic=True))
    return parity


def onnx_from_traced(network: Network, name: str, kind: torch.dtype = torch.float32) -> onnx.ModelProto:
    """`x` [N, C, H, W] of `kind` -> `y` [N, C, s*H, s*W], N, H, W free. Raises ResultError."""
    written = BytesIO()
    enlarged = {2: f"{network.scale}*H", 3: f"{network.scale}*W"}
    try:
        with warnings.catch_warnings():
            # The exporter that replaces this one needs a further package and writes no opset as old as ours.
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            warnings.filterwarnings("ignore", message="Constant folding")  # runtimes fold what it leaves
            torch.onnx.export(
                _inference_form(network) if kind == torch.float32 else network,
                (torch.zeros(1, network.channels, 24, 20, dtype=kind),),
                written,  # type: ignore[arg-type]  # the exporter for traces takes buffers too
                dynamo=False,
                opset_version=OPSET,
                input_names=["x"],
                output_names=["y"],
                dynamic_axes={"x": {0: "N", 2: "H", 3: "W"}, "y": {0: "N", **enlarged}},
            )
    except torch.onnx.OnnxExporterError as error:
        raise ResultError(f"{name} cannot be written as ONNX: {error}", "choose another network") from error
    proto = onnx.load_from_string(written.getvalue())
    proto.graph.name, proto.producer_name = name, "framelift"
    onnx.checker.check_model(proto, full_check=True)
    return proto


def check_traced(network: Network, proto: onnx.ModelProto) -> Parity:
    """Compare a graph with the network it was made of. Raises ResultError, which says by how much they differ."""
    try:
        run = function_of(proto)
        return check_parity(_inference_form(network), run, TRACED_PARITY_BOUND, channels=network.channels)
    except (*_RUNTIME_ERRORS, ValueError) as error:  # ValueError: the sizes of what they give differ
        raise ResultError(
            f"{proto.graph.name} does not run in ONNX Runtime as in torch: {' '.join(str(error).split())[:200]}",
            "the network may compute sizes in a way that tracing cannot follow; choose another",
        ) from error


def _inference_form(network: Network) -> Network:
    """A copy to run on the CPU in FP32, whatever becomes of the original."""
    return copy.deepcopy(network.collapse()).cpu().float().eval()
