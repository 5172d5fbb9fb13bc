"""A network of our family read from its `.onnx` file: FP32, or INT8 in the form of QuantizeLinear nodes.

The graph is walked in its order, which ONNX promises to be topological. Each tensor is given its role in the family; a
node that finds its inputs in other roles than the family has for it is outside, and is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError

from .errors import UnsupportedNetwork
from .onnx_graph import read_graph
from .stack import MAX_CHANNELS, SCALES, Layer, Shortcut, Stack
from .stack_nodes import attributes_of, constant_of, enlargement, slope_of, unsupported
from .stack_parameters import CODE, activation_step, constant_codes, parameters_of
from .stack_roles import (
    ACTIVATED,
    ANCHORED,
    CODES,
    CONVOLVED,
    DECODED,
    GIVEN,
    SHUFFLED,
    SUMMED,
    Array,
    Draft,
    Enlarged,
    Features,
    Picture,
    Result,
    Value,
    is_input,
    said,
)


def stack_of(path: Path) -> Stack:
    """The network in the file at `path`.

    Raises UnsupportedNetwork, which names the node, for a network outside the family and for a file that does not
    keep to the letter of ONNX; ModelError for one that cannot be read.
    """
    ports = read_graph(path)
    for port in (ports.input, ports.output):
        if port.dtype != np.float32:
            raise UnsupportedNetwork(f"{path.name} has {port}; the native kernel allows float32")
    try:
        proto = onnx.load(path)
        onnx.checker.check_model(proto)
        return _Walk(proto.graph, ports.input.name).to(ports.output.name)
    except (onnx.checker.ValidationError, DecodeError, ValueError, TypeError, KeyError) as error:  # onnx raises all
        reason = str(error).partition("\n")[0]
        raise UnsupportedNetwork(f"{path.name} is no valid model to the letter: {reason}") from error


class _Walk:
    """One graph, node by node."""

    def __init__(self, graph: onnx.GraphProto, input_name: str) -> None:
        self._nodes = graph.node
        self._values: dict[str, Value] = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
        self._values |= {input_name: Picture(), "": None}  # an empty name leaves an optional input out
        self._unshuffle = 1
        self._layers: list[Draft] = []

    def to(self, output: str) -> Stack:
        """The network whose result is the tensor called `output`."""
        for node in self._nodes:
            read = _READERS.get(node.op_type) if node.domain in ("", "ai.onnx") else None
            if read is None:
                raise unsupported(node, "is none of the family's operators", ", ".join(_READERS))
            self._values[node.output[0]] = read(self, node)
        result = self._values.get(output)
        if not isinstance(result, Result):
            raise unsupported(self._nodes[-1], f"leaves {said(result)} as the output", "what DepthToSpace gives")
        layers = tuple(self._finished(draft) for draft in self._layers)
        return Stack(layers, result.scale, self._unshuffle, result.shortcut, result.cubic_a)

    def _finished(self, draft: Draft) -> Layer:
        weight, bias, requant = draft.parameters.weight, draft.parameters.bias, draft.parameters.step
        add_factor = None
        if requant is not None and draft.step is not None:
            requant = requant / draft.step
            added = None if draft.add is None else self._layers[draft.add].step
            add_factor = None if added is None else float(added / draft.step)
        slope = None if draft.slope is None else _frozen(draft.slope)
        requant = None if requant is None else _frozen(requant)
        return Layer(_frozen(weight), _frozen(bias), slope, draft.add, requant, add_factor)

    def _input(self, node: onnx.NodeProto, index: int) -> Value:
        return self._values[node.input[index]] if index < len(node.input) else None

    def _constant(self, node: onnx.NodeProto, index: int) -> Array | None:
        value = self._input(node, index)
        if value is not None and not isinstance(value, np.ndarray):
            raise unsupported(node, f"takes {said(value)} as input {index}", "a constant there")
        return value

    def _newest(self, node: onnx.NodeProto, *stages: str) -> Draft:
        """The layer that `node` goes on with; it must be in one of `stages`, and nothing else made from it."""
        value = self._input(node, 0)
        if not isinstance(value, Features) or value != self._layers[-1].now or value.stage not in stages:
            raise unsupported(node, f"takes {said(value)}", f"the newest layer, {' or '.join(stages)}")
        return self._layers[-1]

    # One method an operator: the role of what it makes.

    def _constant_node(self, node: onnx.NodeProto) -> Value:
        return constant_of(node)

    def _identity(self, node: onnx.NodeProto) -> Value:
        return self._input(node, 0)

    def _space_to_depth(self, node: onnx.NodeProto) -> Value:
        value, side = self._input(node, 0), attributes_of(node)["blocksize"]
        if not isinstance(value, Picture) or value.unshuffle != 1 or not 1 <= side**2 <= MAX_CHANNELS:
            raise unsupported(node, f"makes blocks of {side} of {said(value)}", "blocks of up to 8 of the input")
        return replace(value, unshuffle=side)

    def _conv(self, node: onnx.NodeProto) -> Value:
        channels, step = self._source(node)
        parameters = parameters_of(node, self._input(node, 1), self._input(node, 2), channels, step)
        self._layers.append(Draft(parameters, Features(len(self._layers), CONVOLVED)))
        return self._layers[-1].now

    def _source(self, node: onnx.NodeProto) -> tuple[int, np.float32 | None]:
        """A convolution's input: its channels, and the step of its codes in INT8."""
        value = self._input(node, 0)
        if not self._layers:
            if not isinstance(value, Picture) or value.stage == CODES:
                raise unsupported(node, f"takes {said(value)}", "the input, as values")
            self._unshuffle = value.unshuffle
            return value.unshuffle**2, CODE if value.stage == DECODED else None
        before = self._newest(node, *((DECODED,) if self._int8 else (ACTIVATED, SUMMED)))
        before.output = before.now
        return before.channels, before.step

    @property
    def _int8(self) -> bool:
        return self._layers[0].parameters.step is not None

    def _relu(self, node: onnx.NodeProto) -> Value:
        return self._newest(node, CONVOLVED).move(ACTIVATED)

    def _prelu(self, node: onnx.NodeProto) -> Value:
        draft, slope = self._newest(node, CONVOLVED), self._constant(node, 1)
        if self._int8 or slope is None:
            raise unsupported(node, "is not ReLU", "ReLU in INT8")
        draft.slope = slope_of(node, slope, draft.channels)
        return draft.move(ACTIVATED)

    def _add(self, node: onnx.NodeProto) -> Value:
        operands = self._input(node, 0), self._input(node, 1)
        for one, other in (operands, operands[::-1]):
            made = self._shortcut(one, other) if isinstance(one, Result) else self._sum(one, other)
            if made is not None:
                return made
        raise unsupported(
            node,
            f"adds {said(operands[0])} to {said(operands[1])}",
            "an earlier layer's output after an activation, the input after the last layer or, enlarged, at the end",
        )

    def _sum(self, one: Value, other: Value) -> Features | None:
        if not isinstance(one, Features) or one != self._layers[-1].now:
            return None
        newest = self._layers[-1]
        if one.stage == CONVOLVED and is_input(other) and self._unshuffle == 1:
            return newest.move(ANCHORED)
        if one.stage != ACTIVATED or not isinstance(other, Features):
            return None
        earlier = self._layers[other.layer]
        if other != earlier.output or earlier.channels != newest.channels:
            return None
        newest.add = other.layer
        return newest.move(SUMMED)

    def _shortcut(self, one: Result, other: Value) -> Result | None:
        if not isinstance(other, Enlarged) or one.shortcut != "none" or one.scale != other.scale:
            return None
        if other.cubic_a is None:
            return replace(one, shortcut="nearest")
        return replace(one, shortcut="bicubic", cubic_a=other.cubic_a)

    def _depth_to_space(self, node: onnx.NodeProto) -> Value:
        # The modes DCR and CRD are the same where one channel comes out.
        draft, side = self._newest(node, CONVOLVED, ANCHORED), attributes_of(node)["blocksize"]
        scale, rest = divmod(side, self._unshuffle)
        if draft.channels != side**2 or rest or scale not in SCALES:
            problem = f"makes blocks of {side} of {draft.channels} channels"
            raise unsupported(node, problem, f"one channel out, enlarged by one of {SCALES}")
        shortcut: Shortcut = "nearest" if draft.now.stage == ANCHORED else "none"
        draft.move(SHUFFLED)
        return Result(scale, shortcut)

    def _resize(self, node: onnx.NodeProto) -> Value:
        value, scales = self._input(node, 0), self._constant(node, 2)
        if not is_input(value) or scales is None:
            raise unsupported(node, f"enlarges {said(value)}", "the input, by constant scales")
        return Enlarged(*enlargement(node, scales))

    def _quantise(self, node: onnx.NodeProto) -> Value:
        value = self._input(node, 0)
        step = activation_step(node, self._constant(node, 1), self._constant(node, 2))
        if isinstance(value, Picture) and value.stage == GIVEN:
            _check_step(node, step, CODE)
            return replace(value, stage=CODES)
        draft = self._newest(node, ACTIVATED, SUMMED)
        if not self._int8:
            raise unsupported(node, "makes codes of float32 products", "INT8 in all layers or none")
        draft.step = step
        return draft.move(CODES)

    def _dequantise(self, node: onnx.NodeProto) -> Value:
        value = self._input(node, 0)
        step, zero = self._constant(node, 1), self._constant(node, 2)
        if isinstance(value, np.ndarray):
            return constant_codes(node, value, step, zero)
        if isinstance(value, Picture) and value.stage == CODES:
            _check_step(node, activation_step(node, step, zero), CODE)
            return replace(value, stage=DECODED)
        if not isinstance(value, Features) or value.stage != CODES:
            raise unsupported(node, f"takes {said(value)}", "what QuantizeLinear gives, or constants")
        draft = self._layers[value.layer]
        assert draft.step is not None
        _check_step(node, activation_step(node, step, zero), draft.step)
        return draft.move(DECODED)


_READERS: dict[str, Callable[[_Walk, onnx.NodeProto], Value]] = {
    "Add": _Walk._add,
    "Constant": _Walk._constant_node,
    "Conv": _Walk._conv,
    "DepthToSpace": _Walk._depth_to_space,
    "DequantizeLinear": _Walk._dequantise,
    "Identity": _Walk._identity,
    "PRelu": _Walk._prelu,
    "QuantizeLinear": _Walk._quantise,
    "Relu": _Walk._relu,
    "Resize": _Walk._resize,
    "SpaceToDepth": _Walk._space_to_depth,
}


def _check_step(node: onnx.NodeProto, step: np.float32, expected: np.float32) -> None:
    if not np.isclose(step, expected, rtol=1e-6, atol=0):
        raise unsupported(node, f"has scale {step:.6g}", f"{expected:.6g}")


def _frozen(values: Array) -> Array:
    copy = np.array(values, order="C")
    copy.flags.writeable = False
    return copy
