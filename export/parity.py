"""An exported graph as a function, and whether it is the function that was trained."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..training.errors import ResultError

Upscale = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""[N, C, H, W] -> [N, C, s*H, s*W], white = 1."""

PARITY_BOUND = 1e-5
"""Largest difference allowed between torch and ONNX Runtime, white = 1: below a 16-bit code (1.5e-5)."""
INT8_PARITY_BOUND = 1 / 255
"""The same in INT8: ONNX Runtime computes some layers in FP32, whose rounding may move a code by one."""
_SIZES = ((1, 1), (17, 5), (64, 48), (31, 97))


@dataclass(frozen=True)
class Parity:
    """How near two forms of a network are on noise of odd sizes, white = 1."""

    largest: float  # absolute difference; infinity when either is not finite
    psnr: float  # of one against the other, in dB


def function_of(proto: onnx.ModelProto) -> Upscale:
    """The graph, run by ONNX Runtime on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # Without it, products of bytes saturate on processors before VNNI.
    options.add_session_config_entry("session.x64quantprecision", "1")
    providers = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=providers)

    def upscale(x: NDArray[np.float32]) -> NDArray[np.float32]:
        y: NDArray[np.float32] = session.run(["y"], {"x": x})[0]
        return y

    return upscale


def check_parity(
    network: Callable[[Tensor], Tensor],
    upscale: Upscale,
    bound: float = PARITY_BOUND,
    least: float = -math.inf,
    *,
    channels: int = 1,
) -> Parity:
    """Raises ResultError, which says by how much, when `upscale` is not `network`.

    `bound` is the largest difference allowed, white = 1; `least` the PSNR of one against the other in dB.
    """
    parity = parity_of(network, upscale, channels)
    if parity.largest > bound or parity.psnr < least:
        allowed = f"{bound:.2g}" + (f" and {least:.0f} dB" if math.isfinite(least) else "")
        raise ResultError(
            f"torch and ONNX Runtime differ by {parity.largest:.2g} ({parity.psnr:.1f} dB), allowed: {allowed}",
            "the weights may be huge or not finite; look at the training log",
        )
    return parity


@torch.no_grad()
def parity_of(network: Callable[[Tensor], Tensor], upscale: Upscale, channels: int = 1) -> Parity:
    """Of `network` and `upscale`, which take and give pictures of so many channels."""
    rng = np.random.default_rng(0)
    noise = [rng.random((2, channels, *size), dtype=np.float32) for size in _SIZES]
    differences = np.concatenate([(network(torch.from_numpy(x)).numpy() - upscale(x)).ravel() for x in noise])
    if not np.isfinite(differences).all():
        return Parity(math.inf, -math.inf)
    mean_square = float(np.mean(differences.astype(np.float64) ** 2))
    return Parity(float(np.abs(differences).max()), -10 * math.log10(mean_square) if mean_square else math.inf)
