"""The fused CPU kernel: a stack evaluated depth first, rows of every layer rolling through the processor's cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from . import _native
from .errors import ModelError, UnsupportedNetwork
from .resample import Taps
from .stack import Layer, Stack

Precision = Literal["fp32", "bf16", "int8"]
PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16", "int8")
Samples = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]
_SUFFIXES = {"fp32": "-f32", "bf16": "-bf16", "int8": "-int8"}


@dataclass(frozen=True, eq=False)
class Companion:
    """A plane that is enlarged by bicubic in the same pass as the luma: codes [h, w] to codes [H, W]."""

    source: Samples
    output: Samples
    rows: Taps
    columns: Taps


def paths(precision: Precision) -> tuple[str, ...]:
    """The instruction sets this processor can run `precision` with, the fastest first, the plain reference last."""
    return tuple(path for path in _native.stack_paths() if path.endswith(_SUFFIXES[precision]))


def fast_paths(precision: Precision) -> tuple[str, ...]:
    """`paths` without the reference, which is for comparison."""
    return tuple(path for path in paths(precision) if not path.startswith("reference"))


class Fused:
    """A stack made ready for one instruction set. Its calls hold no interpreter lock and may overlap."""

    def __init__(self, stack: Stack, precision: Precision, path: str | None = None, threads: int = 1) -> None:
        """`path` is one of `paths(precision)`, None the fastest.

        Raises ModelError for another path, UnsupportedNetwork for a network the kernel does not run.
        """
        self.path = path or paths(precision)[0]
        self.stack = stack
        if self.path not in paths(precision):
            allowed = ", ".join(paths(precision))
            raise ModelError(
                f"there is no path {self.path!r} for {precision} here, only {allowed}", "choose one of them"
            )
        try:
            self._native = _native.FusedStack(
                [_layer_of(layer) for layer in stack.layers],
                stack.scale,
                stack.unshuffle,
                stack.shortcut,
                stack.cubic_a,
                self.path,
                threads,
            )
        except ValueError as error:
            raise UnsupportedNetwork(f"the native kernel does not run this network: {error}") from error

    def run(
        self,
        source: Samples,
        output: Samples,
        max_code: int = 1,
        previous: tuple[Samples, Samples] | None = None,
        companions: Sequence[Companion] = (),
    ) -> int:
        """Luma codes [H, W] to codes [s*H, s*W], or float values 0..1 likewise, unclipped.

        `previous` is a (source, output) of the same size: where the source is bit-identical to it, receptive field
        included, its output is copied. Returns how many input pixels that was. Raises ValueError for shapes that do
        not fit.
        """
        before, after = previous or (None, None)
        planes = [
            (c.source, c.output, c.rows.first, c.rows.weights, c.columns.first, c.columns.weights) for c in companions
        ]
        kept: int = self._native.run(source, output, max_code, before, after, planes)
        return kept


def _layer_of(layer: Layer) -> _native.StackLayer:
    weight = np.ascontiguousarray(layer.weight, np.float32)  # int8 fits exactly
    integer = layer.weight.dtype == np.int8
    return _native.StackLayer(
        weight,
        None if integer else np.asarray(layer.bias, np.float32),
        np.asarray(layer.bias, np.int32) if integer else None,
        layer.slope,
        layer.requant,
        -1 if layer.add is None else layer.add,
        1.0 if layer.add_factor is None else layer.add_factor,
    )
