"""Reading a network of the family from a graph: every way one may be written, and what is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from framelift.engine.errors import ModelError, UnsupportedNetwork
from framelift.engine.model import available_models, load_model
from framelift.engine.stack import KEYS_A
from framelift.engine.stack_from_onnx import stack_of
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from stack_ref import evaluated

Array = NDArray[Any]
NEAREST = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
CUBIC = {"mode": "cubic", "coordinate_transformation_mode": "half_pixel"}
CODE = 1 / 255


@dataclass
class Graph:
    """Nodes and constants as they come; what has no name is given one."""

    constants_as_nodes: bool = False
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)

    def node(self, operator: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        number = len(self.nodes)
        self.nodes.append(helper.make_node(operator, inputs, [out or f"t{number}"], f"n{number}", **attributes))
        return out or f"t{number}"

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        name = f"c{len(self.constants) + len(self.nodes)}"
        tensor = numpy_helper.from_array(np.array(value, dtype), name)
        if self.constants_as_nodes:
            return self.node("Constant", out=name, value=tensor)
        self.constants.append(tensor)
        return name

    def random(self, *shape: int, spread: float = 0.3) -> str:
        rng = np.random.default_rng(len(self.constants) + len(self.nodes))
        return self.constant(rng.normal(0, spread, shape))

    def conv(self, source: str, out: int = 4, into: int = 4, kernel: int = 3, **attributes: Any) -> str:
        weight, bias = self.random(out, into, kernel, kernel), self.random(out)
        return self.node("Conv", source, weight, bias, **({"pads": [kernel // 2] * 4} | attributes))

    def save(self, path: Path, *, dtype: int = TensorProto.FLOAT) -> Path:
        x = helper.make_tensor_value_info("x", dtype, ("N", 1, "H", "W"))
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, (None,) * 4)
        graph = helper.make_graph(self.nodes, "test", [x], [y], self.constants)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
        return path


@dataclass(frozen=True)
class Family:
    """One network, and how its graph is spelled."""

    scale: int = 2
    unshuffle: int = 1
    kernels: tuple[int, ...] = (3, 3, 3)  # of the hidden layers
    slopes: tuple[int, ...] | None = None  # the shape of PReLU's; None: ReLU
    add: bool = True
    shortcut: str = "anchor"  # or none, nearest, cubic
    a: float = -0.75
    biases: bool = True
    int8: bool = False
    each_channel: bool = True  # has its own scale of weights
    zeros: bool = True  # zero points are written out
    other_words: bool = False  # auto_pad, Identity, Constant nodes, operands the other way round, DCR, values twice

    def write(self, path: Path) -> Path:
        return _Writer(self).written().save(path)


class _Writer:
    CHANNELS = 5
    STEP = 2 / 255  # of all activations

    def __init__(self, family: Family) -> None:
        self.family, self.graph = family, Graph(constants_as_nodes=family.other_words)
        self.step = CODE  # of the next convolution's input

    def written(self) -> Graph:
        family, graph = self.family, self.graph
        x = graph.node("Identity", "x") if family.other_words else "x"
        value = graph.node("SpaceToDepth", x, blocksize=family.unshuffle) if family.unshuffle > 1 else x
        outputs = [self.ready(value)]
        for index, kernel in enumerate(family.kernels):
            value = self.activated(self.conv(outputs[-1][0], self.CHANNELS, kernel))
            if family.add and index >= 1:
                value = self.added(value, outputs[index - 1 or 1][1])
            self.step = self.STEP
            outputs.append(self.ready(value))
        side = family.scale * family.unshuffle
        value = self.conv(outputs[-1][0], side**2, 3)
        self.finish(self.added(value, x) if family.shortcut == "anchor" else value, x, side)
        return graph

    def finish(self, value: str, x: str, side: int) -> None:
        family, graph = self.family, self.graph
        done = family.shortcut in ("anchor", "none")
        mode = "DCR" if family.other_words else "CRD"
        value = graph.node("DepthToSpace", value, out="y" if done else "", blocksize=side, mode=mode)
        if not done:
            how = NEAREST if family.shortcut == "nearest" else CUBIC | {"cubic_coeff_a": family.a}
            scales = graph.constant([1, 1, family.scale, family.scale])
            self.added(value, graph.node("Resize", x, "", scales, **how), out="y")

    def conv(self, source: str, out: int, kernel: int) -> str:
        into = self.family.unshuffle**2 if self.step == CODE else self.CHANNELS
        inputs = [source, *self.parameters((out, into, kernel, kernel))]
        if self.family.other_words:
            return self.graph.node("Conv", *inputs, auto_pad="SAME_LOWER", strides=[1, 1], dilations=[1, 1], group=1)
        return self.graph.node("Conv", *inputs, pads=[kernel // 2] * 4)

    def parameters(self, shape: tuple[int, ...]) -> list[str]:
        """Weights, and biases if there are any."""
        if not self.family.int8:
            return [self.graph.random(*shape), *([self.graph.random(shape[0])] if self.family.biases else [])]
        rng = np.random.default_rng(len(self.graph.nodes))
        steps = rng.uniform(0.5, 1, shape[0] if self.family.each_channel else ()).astype(np.float32) / 200
        weight, bias = rng.integers(-127, 128, shape), rng.integers(-5000, 5001, shape[0])
        made = [self.decoded(self.graph.constant(weight, np.int8), steps, np.int8, axis=0)]
        if self.family.biases:
            steps = np.broadcast_to(np.float32(self.step) * steps, shape[:1])
            made.append(self.decoded(self.graph.constant(bias, np.int32), steps, np.int32, axis=0))
        return made

    def activated(self, value: str) -> str:
        if self.family.slopes is None:
            return self.graph.node("Relu", value)
        return self.graph.node("PRelu", value, self.graph.random(*self.family.slopes))

    def added(self, one: str, other: str, out: str = "") -> str:
        return self.graph.node("Add", *((other, one) if self.family.other_words else (one, other)), out=out)

    def ready(self, value: str) -> tuple[str, str]:
        """What the next layer takes of it, and what an addition takes."""
        if not self.family.int8:
            return value, value
        step = self.graph.constant(self.step)
        zero = [self.graph.constant(0, np.uint8)] if self.family.zeros else []
        codes = self.graph.node("QuantizeLinear", value, step, *zero)
        one = self.decoded(codes, np.float32(self.step), np.uint8)
        return one, self.decoded(codes, np.float32(self.step), np.uint8) if self.family.other_words else one

    def decoded(self, codes: str, steps: Any, dtype: Any, **axis: Any) -> str:
        zero = [self.graph.constant(np.zeros_like(steps), dtype)] if self.family.zeros else []
        return self.graph.node("DequantizeLinear", codes, self.graph.constant(steps), *zero, **axis)


def by_onnxruntime(path: Path, x: Array) -> Array:
    """As the graph is written: nothing is fused, so that codes are rounded where it says so."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    (y,) = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]).run(None, {"x": x})
    return np.asarray(y)


def codes_over_255(*shape: int) -> NDArray[np.float32]:
    return (np.random.default_rng(3).integers(0, 256, shape) / 255).astype(np.float32)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stack") / "network.onnx"


# ---- what is read


families = st.builds(
    Family,
    scale=st.sampled_from([2, 3, 4]),
    kernels=st.lists(st.sampled_from([1, 3, 5]), max_size=4).map(tuple),
    slopes=st.sampled_from([None, (5, 1, 1), (1,), (), (1, 5, 1, 1)]),
    add=st.booleans(),
    shortcut=st.sampled_from(["none", "anchor", "nearest", "cubic"]),
    a=st.sampled_from([-0.5, -0.75]),
    biases=st.booleans(),
    each_channel=st.booleans(),
    zeros=st.booleans(),
    other_words=st.booleans(),
)


@settings(max_examples=60)
@given(family=families)
def test_a_float_network_is_read_as_it_is(path: Path, family: Family) -> None:
    stack = stack_of(family.write(path))
    x = codes_over_255(2, 1, 7, 9)
    assert not stack.int8
    assert stack.scale == family.scale
    assert np.abs(evaluated(stack, x) - by_onnxruntime(path, x)).max() < 1e-4


@settings(max_examples=60)
@given(family=families)
def test_an_integer_network_is_read_as_it_is(path: Path, family: Family) -> None:
    stack = stack_of(replace(family, int8=True, slopes=None).write(path))
    x = codes_over_255(2, 1, 7, 9)
    assert stack.int8
    difference = np.abs(evaluated(stack, x) - by_onnxruntime(path, x))
    assert np.mean(difference > 1e-4) < 0.02, "but for sums near a half, which FP32 rounds to the other code"
    assert difference.max() < 0.1


@pytest.mark.parametrize("int8", [False, True])
@pytest.mark.parametrize(("unshuffle", "scale", "shortcut"), [(2, 2, "none"), (2, 4, "cubic"), (3, 2, "nearest")])
def test_a_network_that_works_on_blocks_is_read(
    path: Path, unshuffle: int, scale: int, shortcut: str, int8: bool
) -> None:
    family = Family(unshuffle=unshuffle, scale=scale, shortcut=shortcut, int8=int8)
    stack = stack_of(family.write(path))
    x = codes_over_255(1, 1, 6, 12)
    assert (stack.unshuffle, stack.scale, len(stack.layers[0].weight)) == (unshuffle, scale, 5)
    assert np.mean(np.abs(evaluated(stack, x) - by_onnxruntime(path, x)) < 1e-4) > 0.98


def test_what_a_layer_holds(path: Path) -> None:
    stack = stack_of(Family(slopes=(1,), shortcut="cubic", a=-0.6).write(path))
    assert [layer.add for layer in stack.layers] == [None, 0, 0, None]
    assert [layer.weight.shape for layer in stack.layers] == [(5, 1, 3, 3), (5, 5, 3, 3), (5, 5, 3, 3), (4, 5, 3, 3)]
    assert [layer.slope is None for layer in stack.layers] == [False, False, False, True]
    assert all(layer.requant is None and layer.add_factor is None for layer in stack.layers)
    assert (stack.shortcut, stack.cubic_a) == ("bicubic", float(np.float32(-0.6)))
    for layer in stack.layers:
        for array in (layer.weight, layer.bias):
            assert array.dtype == np.float32
            assert array.flags.c_contiguous
            assert not array.flags.writeable


def test_what_an_integer_layer_holds(path: Path) -> None:
    stack = stack_of(Family(int8=True, biases=False).write(path))
    for layer in stack.layers:
        assert [str(array.dtype) for array in (layer.weight, layer.bias)] == ["int8", "int32"]
        assert layer.requant is not None
        assert layer.requant.dtype == np.float32
        assert not layer.bias.any()
    assert [layer.add_factor for layer in stack.layers] == [None, 1.0, 1.0, None]
    assert (stack.shortcut, stack.cubic_a) == ("nearest", KEYS_A)


@pytest.mark.parametrize("name", available_models())
def test_shipped_models_are_of_the_family(name: str) -> None:
    model = load_model(name)
    stack = stack_of(model.path)
    x = codes_over_255(1, 1, 11, 6)
    assert (stack.scale, stack.int8) == (model.scale, model.precision == "int8")
    assert np.mean(np.abs(evaluated(stack, x) - by_onnxruntime(model.path, x)) < 1e-4) > 0.98


# ---- what is refused


def layers(graph: Graph, **last: Any) -> str:
    """Two layers, not yet shuffled; `last` are the second convolution's attributes."""
    return graph.conv(graph.node("Relu", graph.conv("x", into=1)), **last)


def shuffled(graph: Graph, value: str, out: str = "y") -> None:
    graph.node("DepthToSpace", value, out=out, blocksize=2)


def quantised(graph: Graph, value: str, step: float = CODE, zero: int = 0, dtype: Any = np.uint8) -> str:
    constants = graph.constant(step), graph.constant(zero, dtype)
    return graph.node("DequantizeLinear", graph.node("QuantizeLinear", value, *constants), *constants)


def weights(graph: Graph, *shape: int, dtype: Any = np.int8, steps: Any = 0.01, axis: int = 0) -> str:
    return graph.node("DequantizeLinear", graph.constant(np.ones(shape), dtype), graph.constant(steps), axis=axis)


def a_stride(graph: Graph) -> None:
    shuffled(graph, layers(graph, strides=[2, 2]))


def a_dilation(graph: Graph) -> None:
    shuffled(graph, layers(graph, dilations=[2, 2], pads=[2] * 4))


def no_padding(graph: Graph) -> None:
    shuffled(graph, layers(graph, pads=[0] * 4))


def no_padding_in_a_word(graph: Graph) -> None:
    weight = graph.random(4, 1, 3, 3)
    shuffled(graph, graph.node("Conv", "x", weight, auto_pad="VALID"))


def groups(graph: Graph) -> None:
    shuffled(graph, graph.node("Conv", layers(graph), graph.random(4, 1, 3, 3), group=4, pads=[1] * 4))


def a_large_kernel(graph: Graph) -> None:
    shuffled(graph, layers(graph, kernel=7))


def a_flat_kernel(graph: Graph) -> None:
    shuffled(graph, graph.node("Conv", "x", graph.random(4, 1, 1, 3), pads=[0, 1, 0, 1]))


def many_channels(graph: Graph) -> None:
    shuffled(graph, graph.conv(graph.node("Relu", graph.conv("x", 65, 1)), into=65))


def weights_that_are_computed(graph: Graph) -> None:
    shuffled(graph, graph.node("Conv", "x", graph.node("Identity", "x"), pads=[1] * 4))


def weights_in_double(graph: Graph) -> None:
    shuffled(graph, graph.node("Conv", "x", graph.constant(np.ones((4, 1, 3, 3)), np.float64), pads=[1] * 4))


def too_few_biases(graph: Graph) -> None:
    shuffled(graph, graph.node("Conv", "x", graph.random(4, 1, 3, 3), graph.random(1), pads=[1] * 4))


def no_activation(graph: Graph) -> None:
    shuffled(graph, graph.conv(graph.conv("x", into=1)))


def two_activations(graph: Graph) -> None:
    once = graph.node("Relu", graph.conv("x", into=1))
    shuffled(graph, graph.conv(graph.node("Relu", once)))


def another_activation(graph: Graph) -> None:
    shuffled(graph, graph.conv(graph.node("LeakyRelu", graph.conv("x", into=1))))


def slopes_along_the_row(graph: Graph) -> None:
    shuffled(graph, graph.conv(graph.node("PRelu", graph.conv("x", into=1), graph.random(4))))


def an_activation_at_the_end(graph: Graph) -> None:
    shuffled(graph, graph.node("Relu", layers(graph)))


def an_addition_before_the_activation(graph: Graph) -> None:
    first = graph.node("Relu", graph.conv("x", into=1))
    shuffled(graph, graph.conv(graph.node("Relu", graph.node("Add", graph.conv(first), first))))


def an_addition_of_what_is_not_activated(graph: Graph) -> None:
    early = graph.conv("x", into=1)
    late = graph.node("Relu", graph.conv(graph.node("Relu", early)))
    shuffled(graph, graph.conv(graph.node("Add", late, early)))


def an_addition_that_spreads(graph: Graph) -> None:
    first = graph.node("Relu", graph.conv("x", 1, 1))
    shuffled(graph, graph.conv(graph.node("Add", graph.node("Relu", graph.conv(first, 4, 1)), first)))


def two_additions(graph: Graph) -> None:
    first = graph.node("Relu", graph.conv("x", into=1))
    late = graph.node("Add", graph.node("Relu", graph.conv(first)), first)
    shuffled(graph, graph.conv(graph.node("Add", late, first)))


def a_constant_added(graph: Graph) -> None:
    shuffled(graph, graph.node("Add", layers(graph), graph.constant(0.5)))


def two_branches(graph: Graph) -> None:
    first = graph.node("Relu", graph.conv("x", into=1))
    graph.node("Relu", graph.conv(first))
    shuffled(graph, graph.conv(first))


def a_second_look_at_the_input(graph: Graph) -> None:
    graph.node("Relu", graph.conv("x", into=1))
    shuffled(graph, graph.conv("x", into=1))


def two_anchors(graph: Graph) -> None:
    shuffled(graph, graph.node("Add", graph.node("Add", layers(graph), "x"), "x"))


def an_anchor_and_a_shortcut(graph: Graph) -> None:
    shuffled(graph, graph.node("Add", layers(graph), "x"), out="flat")
    graph.node("Add", "flat", graph.node("Resize", "x", "", graph.constant([1, 1, 2, 2]), **NEAREST), out="y")


def no_shuffle(graph: Graph) -> None:
    graph.node("Add", layers(graph), "x", out="y")


def a_shuffle_to_more_channels(graph: Graph) -> None:
    shuffled(graph, layers(graph, out=8))


def a_large_scale(graph: Graph) -> None:
    graph.node("DepthToSpace", layers(graph, out=25), out="y", blocksize=5)


def blocks_that_do_not_divide(graph: Graph) -> None:
    blocks = graph.node("SpaceToDepth", "x", blocksize=2)
    graph.node("DepthToSpace", graph.conv(blocks, 9), out="y", blocksize=3)


def blocks_twice(graph: Graph) -> None:
    blocks = graph.node("SpaceToDepth", graph.node("SpaceToDepth", "x", blocksize=2), blocksize=2)
    graph.node("DepthToSpace", graph.conv(blocks, 64, 16), out="y", blocksize=8)


def resized(graph: Graph, scales: Any = (1, 1, 2, 2), **how: Any) -> None:
    shuffled(graph, layers(graph), out="flat")
    graph.node("Add", "flat", graph.node("Resize", "x", "", graph.constant(scales), **how), out="y")


def a_linear_shortcut(graph: Graph) -> None:
    resized(graph, mode="linear")


def a_shifted_shortcut(graph: Graph) -> None:
    resized(graph, **NEAREST | {"nearest_mode": "ceil"})


def a_shortcut_by_corners(graph: Graph) -> None:
    resized(graph, **CUBIC | {"coordinate_transformation_mode": "align_corners"})


def a_shortcut_that_fades_out(graph: Graph) -> None:
    resized(graph, **CUBIC | {"exclude_outside": 1})


def a_shortcut_of_another_scale(graph: Graph) -> None:
    resized(graph, (1, 1, 3, 3), **NEAREST)


def a_lopsided_shortcut(graph: Graph) -> None:
    resized(graph, (1, 1, 2, 3), **NEAREST)


def a_scale_that_is_no_number(graph: Graph) -> None:
    resized(graph, (1, 1, 2, np.nan), **NEAREST)


def another_domain(graph: Graph) -> None:
    shuffled(graph, graph.node("Relu", layers(graph), domain="com.microsoft"))


def a_coarse_input(graph: Graph) -> None:
    shuffled(graph, graph.node("Conv", quantised(graph, "x", 0.01), weights(graph, 4, 1, 3, 3), pads=[1] * 4))


def signed_codes(graph: Graph) -> None:
    value = quantised(graph, "x", dtype=np.int8)
    shuffled(graph, graph.node("Conv", value, weights(graph, 4, 1, 3, 3), pads=[1] * 4))


def a_zero_point(graph: Graph) -> None:
    shuffled(graph, graph.node("Conv", quantised(graph, "x", zero=1), weights(graph, 4, 1, 3, 3), pads=[1] * 4))


def unsigned_weights(graph: Graph) -> None:
    weight = weights(graph, 4, 1, 3, 3, dtype=np.uint8)
    shuffled(graph, graph.node("Conv", quantised(graph, "x"), weight, pads=[1] * 4))


def scales_of_the_wrong_axis(graph: Graph) -> None:
    weight = weights(graph, 4, 1, 3, 3, steps=[0.01], axis=1)
    value = graph.node("Relu", graph.node("Conv", quantised(graph, "x"), weight, pads=[1] * 4))
    weight = weights(graph, 4, 4, 3, 3, steps=[0.01] * 4, axis=1)
    shuffled(graph, graph.node("Conv", quantised(graph, value), weight, pads=[1] * 4))


def a_negative_scale(graph: Graph) -> None:
    weight = weights(graph, 4, 1, 3, 3, steps=-0.01)
    shuffled(graph, graph.node("Conv", quantised(graph, "x"), weight, pads=[1] * 4))


def biases_of_another_scale(graph: Graph) -> None:
    parameters = weights(graph, 4, 1, 3, 3), weights(graph, 4, dtype=np.int32)
    shuffled(graph, graph.node("Conv", quantised(graph, "x"), *parameters, pads=[1] * 4))


def float_biases(graph: Graph) -> None:
    parameters = weights(graph, 4, 1, 3, 3), graph.random(4)
    shuffled(graph, graph.node("Conv", quantised(graph, "x"), *parameters, pads=[1] * 4))


def float_weights_of_codes(graph: Graph) -> None:
    shuffled(graph, graph.conv(quantised(graph, "x"), into=1))


def integer_weights_of_values(graph: Graph) -> None:
    shuffled(graph, graph.node("Conv", "x", weights(graph, 4, 1, 3, 3), pads=[1] * 4))


def a_float_layer_among_integers(graph: Graph) -> None:
    value = graph.node("Conv", quantised(graph, "x"), weights(graph, 4, 1, 3, 3), pads=[1] * 4)
    shuffled(graph, graph.conv(graph.node("Relu", value)))


def codes_of_float_sums(graph: Graph) -> None:
    value = quantised(graph, graph.node("Relu", graph.conv("x", into=1)))
    shuffled(graph, graph.node("Conv", value, weights(graph, 4, 4, 3, 3), pads=[1] * 4))


def slopes_among_integers(graph: Graph) -> None:
    value = graph.node("Conv", quantised(graph, "x"), weights(graph, 4, 1, 3, 3), pads=[1] * 4)
    value = quantised(graph, graph.node("PRelu", value, graph.random(4, 1, 1)))
    shuffled(graph, graph.node("Conv", value, weights(graph, 4, 4, 3, 3), pads=[1] * 4))


def an_anchor_of_codes(graph: Graph) -> None:
    value = quantised(graph, "x")
    made = graph.node("Conv", value, weights(graph, 4, 1, 3, 3), pads=[1] * 4)
    shuffled(graph, graph.node("Add", made, value))


REFUSED: dict[Callable[[Graph], None], str] = {
    a_stride: r"Conv 'n2' has strides \[2, 2\]",
    a_dilation: r"Conv 'n2' has dilations \[2, 2\]",
    no_padding: r"Conv 'n2' has pads \[0, 0, 0, 0\]; .* \[1, 1, 1, 1\]",
    no_padding_in_a_word: r"has pads \[0, 0, 0, 0\]",
    groups: "Conv 'n3' takes",
    a_large_kernel: r"has weights \[4, 4, 7, 7\]; .* 1x1, 3x3 and 5x5",
    a_flat_kernel: r"has weights \[4, 1, 1, 3\]",
    many_channels: "has 65 channels; .* 1 to 64",
    weights_that_are_computed: "multiplies float32 values by the input",
    weights_in_double: "float64 constants; .* float32",
    too_few_biases: r"has biases \[1\]",
    no_activation: "Conv 'n1' takes layer 0 convolved; .* activated or summed",
    two_activations: "Relu 'n2' takes layer 0 activated",
    another_activation: "LeakyRelu 'n1' is none of the family's operators",
    slopes_along_the_row: r"PRelu 'n1' has slopes \[4\]",
    an_activation_at_the_end: "DepthToSpace 'n4' takes layer 1 activated",
    an_addition_before_the_activation: "Add 'n3' adds layer 1 convolved to layer 0 activated",
    an_addition_of_what_is_not_activated: "Add 'n4' adds layer 1 activated to layer 0 convolved",
    an_addition_that_spreads: "Add 'n4' adds",
    two_additions: "Add 'n5' adds layer 1 summed",
    a_constant_added: "adds layer 1 convolved to constants",
    two_branches: "Conv 'n4' takes layer 0 activated; .* the newest layer",
    a_second_look_at_the_input: "Conv 'n2' takes the input",
    two_anchors: "Add 'n4' adds layer 1 anchored",
    an_anchor_and_a_shortcut: "Add 'n6' adds the picture enlarged x2 with shortcut nearest",
    no_shuffle: "Add 'n3' leaves layer 1 anchored as the output",
    a_shuffle_to_more_channels: "makes blocks of 2 of 8 channels",
    a_large_scale: r"makes blocks of 5 of 25 channels; .* \(2, 3, 4\)",
    blocks_that_do_not_divide: "makes blocks of 3 of 9 channels",
    blocks_twice: "SpaceToDepth 'n1' makes blocks of 2 of the input",
    a_linear_shortcut: "Resize 'n4' has mode linear",
    a_shifted_shortcut: "nearest_mode ceil",
    a_shortcut_by_corners: "align_corners",
    a_shortcut_that_fades_out: "exclude_outside 1",
    a_shortcut_of_another_scale: "the input enlarged x3",
    a_lopsided_shortcut: r"has scales \[1.0, 1.0, 2.0, 3.0\]",
    a_scale_that_is_no_number: "nan",
    another_domain: "com.microsoft.Relu 'n3' is none",
    a_coarse_input: "has scale 0.01; .* 0.00392157",
    signed_codes: "makes another type; .* uint8",
    a_zero_point: "has zero point 1",
    unsigned_weights: "takes uint8",
    scales_of_the_wrong_axis: r"has scales \[4\]; .* axis 0",
    a_negative_scale: "has scales from -0.01 in float32",
    biases_of_another_scale: "has biases of another scale",
    float_biases: "adds float32 constants to int8 products",
    float_weights_of_codes: "multiplies uint8 codes by float32 constants",
    integer_weights_of_values: "multiplies float32 values by int8 constants",
    a_float_layer_among_integers: "takes layer 0 activated; .* as values of codes",
    codes_of_float_sums: "makes codes of float32 products",
    slopes_among_integers: "PRelu '.*' is not ReLU",
    an_anchor_of_codes: "to the input as values of codes",
}


@pytest.mark.parametrize("write", REFUSED, ids=lambda write: write.__name__)
def test_what_is_outside_the_family_is_refused_by_name(path: Path, write: Callable[[Graph], None]) -> None:
    graph = Graph()
    write(graph)
    with pytest.raises(UnsupportedNetwork, match=REFUSED[write]) as raised:
        stack_of(graph.save(path))
    assert raised.value.hint == "backend onnxruntime runs it"


def test_bytes_and_halves_are_refused(path: Path) -> None:
    graph = Graph()
    graph.node("DepthToSpace", "x", out="y", blocksize=2)
    for dtype, name in ((TensorProto.UINT8, "uint8"), (TensorProto.FLOAT16, "float16")):
        with pytest.raises(UnsupportedNetwork, match=f"x {name} .* allows float32"):
            stack_of(graph.save(path, dtype=dtype))


def test_what_is_no_model_is_an_error(path: Path) -> None:
    with pytest.raises(ModelError, match="cannot read"):
        stack_of(path.with_name("none.onnx"))
    data = Family().write(path).read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelError):
        stack_of(path)
    graph = Graph()
    graph.node("Relu", "nobody", out="y")
    with pytest.raises(ModelError, match="no valid model"):
        stack_of(graph.save(path))


@settings(max_examples=200)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(path: Path, data: st.DataObject) -> None:
    whole = bytearray(Family(kernels=(1,), int8=data.draw(st.booleans())).write(path).read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=4)):
        whole[place] = data.draw(st.integers(0, 255))
    path.write_bytes(whole)
    with suppress(ModelError):
        assert stack_of(path).layers
