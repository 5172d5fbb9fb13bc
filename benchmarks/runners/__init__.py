"""All the ways to run a network that the CPU benchmark compares."""

from __future__ import annotations

from . import native, ncnn, onnxruntime, opencv, openvino
from .base import Case, Codes, Runner

__all__ = ["RUNTIMES", "Case", "Codes", "Runner", "all_cases"]

_CASES = {
    "native": native.cases,
    "onnxruntime": onnxruntime.cases,
    "openvino": openvino.cases,
    "ncnn": ncnn.cases,
    "opencv": opencv.cases,
}
RUNTIMES = tuple(_CASES)


def all_cases(runtimes: tuple[str, ...]) -> list[Case]:
    """Of these runtimes, each of `RUNTIMES`."""
    return [case for runtime in runtimes for case in _CASES[runtime]()]
