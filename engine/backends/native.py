"""Our own fused kernel: the fastest on a processor, for the networks of our family. Needs no inference library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ModelError, UnsupportedNetwork
from ..fused import Companion, Fused, Precision, Samples, fast_paths
from ..stack_from_onnx import stack_of
from .base import Batch, check_input

if TYPE_CHECKING:
    from ..model import Model


class NativeBackend:
    """A stack on the fused kernel. Its calls may overlap: `frames_at_once` of them, each on its share of threads."""

    def __init__(
        self,
        model: Model,
        threads: int,
        *,
        name: str,
        why: str,
        bf16: bool = False,
        whole_frames: bool = False,
    ) -> None:
        """`bf16` computes an FP32 model in bfloat16; `whole_frames` gives each thread a frame of its own.

        Raises UnsupportedNetwork for a network outside the family, ModelError where this processor cannot.
        """
        stack = stack_of(model.path)
        if model.foreign.largest != 1.0:
            raise UnsupportedNetwork(f"{model.name} has white at {model.foreign.largest:g}, not 1")
        if stack.scale != model.scale or stack.unshuffle != model.size_multiple:
            raise ModelError(
                f"{model.name} scales by {stack.scale} blocks of {stack.unshuffle}, its manifest states "
                f"{model.scale} and {model.size_multiple}",
                "it was not exported whole; export it again",
            )
        precision: Precision = "int8" if stack.int8 else "bf16" if bf16 else "fp32"
        if bf16 and stack.int8:
            raise ModelError(f"{model.name} is an INT8 model and does not run in bf16", "choose the FP32 model")
        fast = fast_paths(precision)
        if not fast:
            raise UnsupportedNetwork(f"there are no kernels for {precision} on this processor")
        self.name = name
        self.frames_at_once = threads if whole_frames else 1
        self._model = model
        self._fused: Fused | None = Fused(stack, precision, fast[0], 1 if whole_frames else threads)
        self.reason = f"{why} (fused kernel, {fast[0]}, {_share(threads, whole_frames=whole_frames)})"

    def run(self, x: Batch) -> Batch:
        """See `Backend.run`."""
        check_input(self._model, x.shape)
        batch, channels, height, width = x.shape
        scale = self._model.scale
        y = np.empty((batch, channels, scale * height, scale * width), np.float32)
        for source, output in zip(np.ascontiguousarray(x), y, strict=True):
            self._open().run(source[0], output[0])
        return y

    def run_planes(
        self,
        source: Samples,
        output: Samples,
        max_code: int,
        previous: tuple[Samples, Samples] | None,
        companions: Sequence[Companion],
    ) -> int:
        """See `PlaneBackend.run_planes`."""
        check_input(self._model, (1, 1, *source.shape))
        return self._open().run(source, output, max_code, previous, companions)

    def close(self) -> None:
        """See `Backend.close`."""
        self._fused = None

    def _open(self) -> Fused:
        if self._fused is None:
            raise ModelError(f"backend {self.name} of {self._model.name} is closed", "open a new one")
        return self._fused


def _share(threads: int, *, whole_frames: bool) -> str:
    if threads == 1:
        return "1 thread"
    return f"{threads} frames at once" if whole_frames else f"{threads} threads a frame"
