"""An exported graph as a function, and whether it is the function that was trained."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray

from ..training.errors import ResultError
from ..training.networks.plain import PlainSR

Upscale = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""[N, 1, H, W] -> [N, 1, s*H, s*W], white = 1."""

PARITY_BOUND = 1e-5
"""Largest difference allowed between torch and ONNX Runtime, white = 1: below a 16-bit code (1.5e-5)."""
_SIZES = ((1, 1), (17, 5), (64, 48), (31, 97))


def function_of(proto: onnx.ModelProto) -> Upscale:
    """The graph, run by ONNX Runtime on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    providers = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=providers)

    def upscale(x: NDArray[np.float32]) -> NDArray[np.float32]:
        y: NDArray[np.float32] = session.run(["y"], {"x": x})[0]
        return y

    return upscale


def check_parity(network: PlainSR, upscale: Upscale) -> None:
    """Raises ResultError, which says by how much, when `upscale` is not `network` as it was trained."""
    difference = largest_difference(network, upscale)
    if difference > PARITY_BOUND:
        raise ResultError(
            f"torch and ONNX Runtime differ by {difference:.2g}, allowed: {PARITY_BOUND}",
            "the weights may be huge or not finite; look at the training log",
        )


@torch.no_grad()
def largest_difference(network: PlainSR, upscale: Upscale) -> float:
    """The largest absolute difference on noise of odd sizes; infinity when either is not finite."""
    rng = np.random.default_rng(0)
    noise = [rng.random((2, 1, *size), dtype=np.float32) for size in _SIZES]
    worst = max(float(np.abs(network(torch.from_numpy(x)).numpy() - upscale(x)).max()) for x in noise)
    return worst if math.isfinite(worst) else math.inf
