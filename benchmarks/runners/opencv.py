"""OpenCV's dnn module on the FP32 form."""

from __future__ import annotations

from ...engine.errors import ModelError
from ..networks import Network
from .base import Case, Runner, TensorRunner, Values, errors_of, package


def cases() -> list[Case]:
    """FP32."""
    return [Case("opencv fp32", "opencv", "fp32", _open)]


def _open(network: Network, size: tuple[int, int], threads: int) -> Runner:
    cv2, path = package("cv2"), network.form("fp32")
    cv2.setNumThreads(threads)  # of the process: all cases that are open at a time have as many
    with errors_of("OpenCV", cv2.error):
        net = cv2.dnn.readNetFromONNX(str(path))
    if net.empty():
        raise ModelError(f"OpenCV: {path.name} gives an empty network", "measure it without this runtime")

    def function(x: Values) -> Values:
        net.setInput(x)
        made: Values = net.forward()
        return made

    return TensorRunner(function, network, size)
