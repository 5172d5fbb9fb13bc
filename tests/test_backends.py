"""What holds for every backend that runs any model file: values, sizes, types, threads, errors."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import pytest
from framelift.benchmarks.random_stack import RandomStack
from framelift.engine.backends import available_backends, check_backend, choose_backend
from framelift.engine.compute import Compute
from framelift.engine.errors import ModelError
from framelift.engine.model import Foreign, Model, load_model
from networks import enlarging, stack
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Floats = NDArray[np.float32]

openvino_only = pytest.mark.skipif(find_spec("openvino") is None, reason="openvino is not installed")
BACKENDS = ["onnxruntime", pytest.param("openvino", marks=openvino_only)]


def noise(*shape: int) -> Floats:
    return np.random.default_rng(3).random(shape, dtype=np.float32)


def run(model: Model, backend: str, x: Floats) -> Floats:
    with closing(choose_backend(model, Compute(backend, threads=1))) as made:
        return made.run(x)


def repeated(x: Floats) -> Floats:
    return x.repeat(2, 2).repeat(2, 3)


def typed(path: Path, dtype: int, channels: int = 1, batch: int | str = "N") -> Path:
    """Repeats every pixel between ports of `dtype`."""
    how = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
    nodes = [
        helper.make_node("Cast", ["x"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("Resize", ["wide", "", "scales"], ["large"], **how),
        helper.make_node("Cast", ["large"], ["y"], to=dtype),
    ]
    ports = [
        helper.make_tensor_value_info("x", dtype, (batch, channels, "H", "W")),
        helper.make_tensor_value_info("y", dtype, (None,) * 4),
    ]
    scales = numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "scales")
    graph = helper.make_graph(nodes, "typed", ports[:1], ports[1:], [scales])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


# ---- values


@pytest.mark.parametrize("backend", ["native", pytest.param("openvino", marks=openvino_only)])
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (1, 1, 24, 37), (3, 1, 5, 2)])
def test_backends_agree_on_a_shipped_model(shape: tuple[int, ...], backend: str) -> None:
    model, x = load_model("tiny-16-x2"), noise(*shape)
    np.testing.assert_allclose(run(model, backend, x), run(model, "onnxruntime", x), atol=1e-5)


@pytest.mark.parametrize("backend", BACKENDS)
def test_int8_stays_near_fp32(backend: str, tmp_path: Path) -> None:
    network, x = RandomStack(8, 4), noise(1, 1, 21, 34)
    precise = run(load_model(network.write(tmp_path / "fp32.onnx")), backend, x)
    coarse = run(load_model(network.write_int8(tmp_path / "int8.onnx")), backend, x)
    assert 0 < np.abs(coarse - precise).max() < 5 / 255


@openvino_only
def test_backends_agree_on_int8(tmp_path: Path) -> None:
    model, x = load_model(RandomStack(8, 4).write_int8(tmp_path / "int8.onnx")), noise(1, 1, 40, 31)
    np.testing.assert_allclose(run(model, "openvino", x), run(model, "onnxruntime", x), atol=1 / 255)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", [TensorProto.UINT8, TensorProto.FLOAT16])
def test_ports_of_other_types(dtype: int, backend: str, tmp_path: Path) -> None:
    model, x = load_model(typed(tmp_path / "model.onnx", dtype)), noise(2, 1, 6, 9)
    tolerance = 0.5 / 255 + 1e-6 if dtype == TensorProto.UINT8 else 5e-4
    np.testing.assert_allclose(run(model, backend, x), repeated(x), atol=tolerance)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_foreign_range_and_order(backend: str, tmp_path: Path) -> None:
    path, x = typed(tmp_path / "model.onnx", TensorProto.FLOAT, channels=3), noise(1, 3, 4, 5)
    model = load_model(path, foreign=Foreign(255.0, "bgr"))
    np.testing.assert_allclose(run(model, backend, x), repeated(x), atol=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_batch_on_a_model_that_takes_one(backend: str, tmp_path: Path) -> None:
    model, x = load_model(typed(tmp_path / "model.onnx", TensorProto.FLOAT, batch=1)), noise(3, 1, 4, 5)
    np.testing.assert_array_equal(run(model, backend, x), repeated(x))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_fixed_size(backend: str, tmp_path: Path) -> None:
    model, x = load_model(stack(tmp_path / "model.onnx", fixed=(8, 12))), noise(1, 1, 8, 12)
    assert run(model, backend, x).shape == (1, 1, 16, 24)
    with pytest.raises(ModelError, match="8, 12"):
        run(model, backend, noise(1, 1, 12, 8))


# ---- threads


@pytest.mark.parametrize("backend", BACKENDS)
def test_many_threads_share_one_backend(backend: str, tmp_path: Path) -> None:
    model = load_model(stack(tmp_path / "model.onnx"))
    frames = [noise(1, 1, 16 + i % 3, 20) + i / 64 for i in range(24)]
    with closing(choose_backend(model, Compute(backend, threads=1))) as made, ThreadPoolExecutor(6) as pool:
        together = list(pool.map(made.run, frames))
        alone = [made.run(frame) for frame in frames]
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("backend", BACKENDS)
def test_results_are_the_caller_s(backend: str, tmp_path: Path) -> None:
    model, x = load_model(enlarging(tmp_path / "model.onnx")), noise(1, 1, 6, 4)
    with closing(choose_backend(model, Compute(backend, threads=1))) as made:
        first = made.run(x)
        made.run(1 - x)
        np.testing.assert_array_equal(first, repeated(x))
        first += 1
    np.testing.assert_array_equal(x, noise(1, 1, 6, 4))


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_reason_names_what_runs_and_its_threads(backend: str) -> None:
    with closing(choose_backend(load_model("tiny-16-x2"), Compute(backend, threads=3))) as made:
        assert made.name == backend
        assert made.reason.startswith("as asked for (")
        assert made.reason.endswith(", CPU, 3 threads)")


# ---- errors


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_closed_backend_does_not_run(backend: str) -> None:
    made = choose_backend(load_model("tiny-16-x2"), Compute(backend, threads=1))
    made.close()
    made.close()
    with pytest.raises(ModelError, match="closed"):
        made.run(noise(1, 1, 4, 4))


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_operator_nobody_knows_is_an_error_of_the_model(backend: str, tmp_path: Path) -> None:
    ports = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, 1, side, side))
        for name, side in (("x", 8), ("y", 16))
    ]
    graph = helper.make_graph([helper.make_node("Foo", ["x"], ["y"], domain="abacus")], "g", ports[:1], ports[1:])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("abacus", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), tmp_path / "model.onnx")
    with pytest.raises(ModelError, match=r"cannot load .*Foo"):
        choose_backend(load_model(tmp_path / "model.onnx"), Compute(backend))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_model_that_fails_on_a_size(backend: str, tmp_path: Path) -> None:
    model = replace(load_model(stack(tmp_path / "model.onnx", multiple=2)), size_multiple=1)
    with closing(choose_backend(model, Compute(backend, threads=1))) as made:
        with pytest.raises(ModelError, match=r"random .*\[1, 1, 7, 9\]"):  # OpenVINO gives an empty output
            made.run(noise(1, 1, 7, 9))
        assert made.run(noise(1, 1, 6, 8)).shape == (1, 1, 12, 16)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_model_that_does_not_scale_as_it_states(backend: str, tmp_path: Path) -> None:
    model = replace(load_model(enlarging(tmp_path / "model.onnx")), scale=3)
    with pytest.raises(ModelError, match=r"made \[1, 1, 8, 10\] of \[1, 1, 4, 5\], expected \[1, 1, 12, 15\]"):
        run(model, backend, noise(1, 1, 4, 5))


# ---- where OpenVINO is not installed


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)  # as Python marks what is not there
    assert "openvino" not in available_backends()
    with pytest.raises(ModelError, match="no backend 'openvino' on this machine") as caught:
        check_backend("openvino")
    assert caught.value.hint == "pip install framelift[openvino]"


@openvino_only
def test_openvino_is_loaded_when_it_is_asked_for() -> None:
    code = (
        "import sys; from framelift.engine.backends import available_backends\n"
        "print('openvino' in available_backends(), 'openvino' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


def test_native_takes_a_tensor_whose_samples_lie_apart() -> None:
    x = np.random.default_rng(1).random((1, 1, 12, 20), np.float32)
    with closing(choose_backend(load_model("tiny-16-x2"), Compute("native", threads=1))) as made:
        np.testing.assert_array_equal(made.run(np.asfortranarray(x)), made.run(x))


def test_auto_leaves_to_onnxruntime_what_native_would_get_wrong(tmp_path: Path) -> None:
    path = RandomStack.named("c8x2").write(tmp_path / "foreign.onnx")
    with closing(choose_backend(load_model(path, foreign=Foreign(largest=255.0)), Compute(threads=1))) as made:
        assert made.name == "onnxruntime"
        assert "white at 255" in made.reason
    with closing(choose_backend(load_model(path), Compute(threads=1))) as made:
        assert made.name == "native"


def test_a_network_the_kernel_refuses_goes_to_onnxruntime(tmp_path: Path) -> None:
    path = RandomStack.named("c4x40").write(tmp_path / "deep.onnx")
    with closing(choose_backend(load_model(path), Compute(threads=1))) as made:
        assert made.name == "onnxruntime"
        assert "40 layers" in made.reason


@pytest.mark.parametrize(("wanted", "loaded"), [("int8", "tiny-16-x2"), ("fp32", "tiny-16-x2-int8")])
def test_a_precision_is_not_exchanged_for_another(wanted: str, loaded: str) -> None:
    with pytest.raises(ModelError, match=f"not {wanted}"):
        choose_backend(load_model(loaded), Compute(precision=wanted))
