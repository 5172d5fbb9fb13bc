"""Stacks of 3x3 convolutions with random weights, in FP32 and INT8: they cost what trained ones of the shape cost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ..engine.errors import UsageError

Values = NDArray[np.float32]
Constants = dict[str, Any]

_NAME = re.compile(r"c(?P<channels>[1-9]\d*)x(?P<layers>[1-9]\d*)")
_CODE = np.float32(1 / 255)  # the step of 8-bit video, and of the INT8 form's input
_ZERO = np.uint8(0)  # the code of 0: there are no negative activations


@dataclass(frozen=True)
class RandomStack:
    """`layers` convolutions, 1 -> `channels` -> ... -> `channels` -> scale^2, ReLU between; then depth to space."""

    channels: int
    layers: int
    scale: int = 2

    @classmethod
    def named(cls, name: str) -> RandomStack:
        """Of `c8x6`: 8 channels, 6 layers. Raises UsageError."""
        found = _NAME.fullmatch(name)
        if found is None or int(found["layers"]) < 2:
            raise UsageError(f"no random stack is named {name!r}", "write c8x6 for 8 channels and 6 layers")
        return cls(int(found["channels"]), int(found["layers"]))

    def weights(self) -> list[tuple[Values, Values]]:
        """(weight [O, I, 3, 3], bias [O]) of each layer, the same each time.

        Activations keep their size from layer to layer, and outputs lie around 0.5.
        """
        rng = np.random.default_rng(self.channels)
        sides = [1, *[self.channels] * (self.layers - 1), self.scale**2]
        made = []
        for i, (inputs, outputs) in enumerate(pairwise(sides)):
            last = i == self.layers - 1
            deviation = np.sqrt((0.01 if last else 2) / (9 * inputs))
            weight = rng.normal(0, deviation, (outputs, inputs, 3, 3))
            bias = rng.normal(0.5 if last else 0, 0.02, outputs)
            made.append((weight.astype(np.float32), bias.astype(np.float32)))
        return made

    def write(self, path: Path) -> Path:
        """The FP32 form as .onnx: `x` [N, 1, H, W] -> `y` [N, 1, s*H, s*W], white = 1."""
        nodes: list[onnx.NodeProto] = []
        constants: Constants = {}
        source = "x"
        for i, (weight, bias) in enumerate(self.weights()):
            constants |= {f"w{i}": weight, f"b{i}": bias}
            nodes += self._layer(i, [source, f"w{i}", f"b{i}"])
            source = f"a{i}"
        return self._save(path, nodes, constants)

    def write_int8(self, path: Path) -> Path:
        """The INT8 form: QDQ nodes, one scale a layer for activations (uint8), one a channel for weights (int8)."""
        nodes: list[onnx.NodeProto] = []
        constants: Constants = {}
        source = "x"
        for i, ((weight, bias), step) in enumerate(zip(self.weights(), self._steps(), strict=True)):
            scale = np.abs(weight).max((1, 2, 3)) / np.float32(127)
            zeros = np.zeros(len(weight), np.int32)
            codes = np.rint(weight / scale[:, None, None, None]).astype(np.int8)
            counts = np.rint(bias / (step * scale)).astype(np.int32)
            constants |= {f"s{i}": step, f"z{i}": _ZERO}
            constants |= {f"w{i}": codes, f"ws{i}": scale, f"wz{i}": zeros.astype(np.int8)}
            constants |= {f"b{i}": counts, f"bs{i}": step * scale, f"bz{i}": zeros}
            nodes += [
                helper.make_node("QuantizeLinear", [source, f"s{i}", f"z{i}"], [f"q{i}"]),
                helper.make_node("DequantizeLinear", [f"q{i}", f"s{i}", f"z{i}"], [f"dq{i}"]),
                helper.make_node("DequantizeLinear", [f"w{i}", f"ws{i}", f"wz{i}"], [f"dw{i}"], axis=0),
                helper.make_node("DequantizeLinear", [f"b{i}", f"bs{i}", f"bz{i}"], [f"db{i}"], axis=0),
                *self._layer(i, [f"dq{i}", f"dw{i}", f"db{i}"]),
            ]
            source = f"a{i}"
        return self._save(path, nodes, constants)

    def _layer(self, i: int, inputs: list[str]) -> Iterator[onnx.NodeProto]:
        yield helper.make_node("Conv", inputs, [f"c{i}"], kernel_shape=[3, 3], pads=[1] * 4)
        if i < self.layers - 1:
            yield helper.make_node("Relu", [f"c{i}"], [f"a{i}"])
        else:
            yield helper.make_node("DepthToSpace", [f"c{i}"], ["y"], blocksize=self.scale, mode="CRD")

    def _steps(self) -> list[np.float32]:
        """The scale of each layer's input, from what it becomes on noise."""
        x, steps = np.random.default_rng(0).random((1, 32, 32), np.float32), [_CODE]
        for weight, bias in self.weights()[:-1]:
            x = np.maximum(_convolved(x, weight, bias), 0)
            steps.append(np.float32(x.max() / 255))
        return steps

    def _save(self, path: Path, nodes: list[onnx.NodeProto], constants: Constants) -> Path:
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 1, "H", "W"])
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 1, f"{self.scale}*H", f"{self.scale}*W"])
        weights = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
        graph = helper.make_graph(nodes, path.stem, [x], [y], weights)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
        return path


def _convolved(x: Values, weight: Values, bias: Values) -> Values:
    """[I, H, W] -> [O, H, W], zeros beyond the edges."""
    windows = sliding_window_view(np.pad(x, ((0, 0), (1, 1), (1, 1))), (3, 3), axis=(1, 2))
    made: Values = np.tensordot(weight, windows, ((1, 2, 3), (0, 3, 4))) + bias[:, None, None]
    return made
