"""Models and the backend that runs them: found by name, read from files of every kind, run, or refused."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from framelift.engine.backends import available_backends, choose_backend
from framelift.engine.compute import Compute
from framelift.engine.errors import ModelError, UsageError
from framelift.engine.manifest import METADATA_KEY, DataSource, Manifest
from framelift.engine.model import Foreign, Model, available_models, load_model, precisions_of, scales_of
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Floats = NDArray[np.float32]
Port = tuple[int, tuple[int | str | None, ...] | None]

FREE_RGB = ("N", 3, "H", "W")
FREE_LUMA = ("N", 1, "H", "W")
UNKNOWN = (None,) * 4
FLOAT, HALF, BYTE, LONG = TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.UINT8, TensorProto.INT64
MANIFEST: dict[str, Any] = {
    "name": "repeat-x2",
    "scale": 2,
    "colour": "luma",
    "channels": 1,
    "value_range": "code/max",
    "size_multiple": 1,
    "receptive_field": 1,
    "temporal_window": 1,
    "macs_per_pixel": 0,
    "licence": "CC0",
    "attribution": "nobody",
    "training_data": [{"name": "none", "pictures": 0, "licence": "CC0"}],
    "steps": 0,
    "recipe": {"batch": 1},
    "source_commit": None,
    "quality": {},
}


def node(operator: str, inputs: str, output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(operator, inputs.split(), [output], **attributes)


def repeat(source: str, output: str) -> onnx.NodeProto:
    """Every pixel, down and across, as often as the constant `scales` says."""
    how = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
    return helper.make_node("Resize", [source, "", "scales"], [output], **how)


def repeat_as(dtype: int) -> list[onnx.NodeProto]:
    """`repeat` between casts from and to `dtype`."""
    return [
        node("Cast", "x", "wide", to=FLOAT),
        repeat("wide", "large"),
        node("Cast", "large", "y", to=dtype),
    ]


def write(
    path: Path,
    nodes: list[onnx.NodeProto],
    x: Port = (FLOAT, FREE_RGB),
    y: Port = (FLOAT, UNKNOWN),
    *,
    factors: tuple[float, float] = (2, 2),
    manifest: str | None = None,
    **constants: NDArray[Any],
) -> Path:
    """A model of these nodes from `x` to `y`, each a type and a shape."""
    constants = {"scales": np.array([1, 1, *factors], np.float32), **constants}
    used = {name for each in nodes for name in each.input}
    weights = [numpy_helper.from_array(value, name) for name, value in constants.items() if name in used]
    ports = [helper.make_tensor_value_info(name, *port) for name, port in (("x", x), ("y", y))]
    graph = helper.make_graph(nodes, "test", ports[:1], ports[1:], weights)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if manifest is not None:
        helper.set_model_props(proto, {METADATA_KEY: manifest})
    onnx.save(proto, path)
    return path


def noise(*shape: int) -> Floats:
    return np.random.default_rng(2).random(shape, dtype=np.float32)


def repeated(x: Floats, times: int = 2) -> Floats:
    return x.repeat(times, 2).repeat(times, 3)


def run(model: Model, x: Floats) -> Floats:
    with closing(choose_backend(model, Compute(threads=1))) as backend:
        return backend.run(x)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.onnx"


# ---- foreign models


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize(("shape", "channels"), [(FREE_LUMA, 1), (FREE_RGB, 3), (("N", "C", "H", "W"), 3)])
def test_a_foreign_model_is_found_out(path: Path, scale: int, shape: tuple[int | str, ...], channels: int) -> None:
    model = load_model(write(path, [repeat("x", "y")], (FLOAT, shape), factors=(scale, scale)))
    assert (model.name, model.scale, model.channels, model.size_multiple) == ("model", scale, channels, 1)
    assert (model.fixed_size, model.receptive_field, model.manifest) == (None, None, None)
    assert not model.fixed_batch
    x = noise(2, channels, 7, 5)
    y = run(model, x)
    assert y.dtype == np.float32
    assert np.array_equal(y, repeated(x, scale))


@pytest.mark.parametrize("multiple", [2, 4, 16])
def test_a_size_multiple_is_found_out(path: Path, multiple: int) -> None:
    nodes = [
        node("SpaceToDepth", "x", "deep", blocksize=multiple),
        node("DepthToSpace", "deep", "flat", blocksize=multiple),
        repeat("flat", "y"),
    ]
    model = load_model(write(path, nodes))
    assert (model.scale, model.size_multiple) == (2, multiple)
    x = noise(1, 3, multiple, 3 * multiple)
    assert np.array_equal(run(model, x), repeated(x))
    with pytest.raises(ModelError, match=f"multiples of {multiple}"):
        run(model, noise(1, 3, multiple, multiple + 1))


@pytest.mark.parametrize("y_shape", [(1, 3, 32, 48), UNKNOWN])
def test_a_fixed_size_is_kept_and_batches_go_one_by_one(path: Path, y_shape: tuple[int | None, ...]) -> None:
    model = load_model(write(path, [repeat("x", "y")], (FLOAT, (1, 3, 16, 24)), (FLOAT, y_shape)))
    assert (model.scale, model.fixed_size, model.fixed_batch) == (2, (16, 24), True)
    x = noise(3, 3, 16, 24)
    assert np.array_equal(run(model, x), repeated(x))
    with pytest.raises(ModelError, match=r"\[N, 3, 16, 24\], not \[1, 3, 24, 16\]"):
        run(model, noise(1, 3, 24, 16))


@pytest.mark.parametrize(("dtype", "bound"), [(HALF, 5e-4), (BYTE, 0.5 / 255 + 1e-6)])
def test_other_number_types_are_served_as_floats(path: Path, dtype: int, bound: float) -> None:
    model = load_model(write(path, repeat_as(dtype), (dtype, FREE_RGB), (dtype, UNKNOWN)))
    x = noise(1, 3, 6, 9)
    y = run(model, x)
    assert y.dtype == np.float32
    assert np.abs(y - repeated(x)).max() <= bound


def test_bytes_are_whole_codes(path: Path) -> None:
    model = load_model(write(path, repeat_as(BYTE), (BYTE, FREE_LUMA), (BYTE, UNKNOWN)))
    x = np.array([[[[0.0, 100.4 / 255, 100.6 / 255, 1.0, -0.2, 1.7]]]], np.float32)
    assert (run(model, x)[0, 0, 0, ::2] * 255).round(3).tolist() == [0, 100, 101, 255, 0, 255]


def test_a_range_of_255_is_taken_from_the_caller(path: Path) -> None:
    nodes = [node("Add", "x ten", "more"), repeat("more", "y")]
    write(path, nodes, ten=np.array([10], np.float32))
    x = noise(1, 3, 4, 4)
    assert np.allclose(run(load_model(path, foreign=Foreign(largest=255.0)), x), repeated(x) + 10 / 255, atol=1e-6)


def test_a_channel_order_is_taken_from_the_caller(path: Path) -> None:
    nodes = [node("Add", "x third", "more"), repeat("more", "y")]
    write(path, nodes, third=np.array([0, 0, 1], np.float32).reshape(1, 3, 1, 1))
    x = noise(1, 3, 4, 4)
    added = run(load_model(path, foreign=Foreign(channel_order="bgr")), x) - repeated(x)
    assert np.allclose(added.mean((0, 2, 3)), [1, 0, 0], atol=1e-6)


@pytest.mark.parametrize("options", [{"largest": 1023.0}, {"channel_order": "yuv"}])
def test_foreign_options_have_few_values(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="not allowed"):
        Foreign(**options)


NOT_UPSCALERS = {
    "same size": ([node("Relu", "x", "y")], {}, r"not an upscaler: input .* gives output"),
    "two factors": ([repeat("x", "y")], {"factors": (2, 3)}, "not an upscaler"),
    "half a pixel": ([repeat("x", "y")], {"factors": (1.5, 1.5)}, "not an upscaler"),
    "smaller": ([repeat("x", "y")], {"factors": (0.5, 0.5)}, "not an upscaler"),
    "fewer channels": (
        [node("ReduceMean", "x", "grey", axes=[1], keepdims=1), repeat("grey", "y")],
        {},
        "not an upscaler",
    ),
    "fixed, same size": ([node("Relu", "x", "y")], {"x": (FLOAT, (1, 3, 8, 8))}, "not an upscaler"),
    "classifier": ([node("Flatten", "x", "y")], {"y": (FLOAT, ("N", "K"))}, "2 dimensions"),
    "undeclared classifier": ([node("Flatten", "x", "y")], {"y": (FLOAT, None)}, "not an upscaler"),
    "no batch": ([node("Relu", "x", "y")], {"x": (FLOAT, (3, "H", "W"))}, "3 dimensions"),
    "channels last": ([repeat("x", "y")], {"x": (FLOAT, ("N", "H", "W", 3))}, r"\[\?, \?, \?, 3\]"),
    "four channels": ([repeat("x", "y")], {"x": (FLOAT, ("N", 4, "H", "W"))}, r"\[\?, 4, \?, \?\]"),
    "whole numbers": ([node("Cast", "x", "y", to=FLOAT)], {"x": (LONG, FREE_RGB)}, "INT64"),
    "large batches": ([repeat("x", "y")], {"x": (FLOAT, (4, 3, "H", "W"))}, r"\[4, 3, \?, \?\]"),
    "unknown operator": ([node("Enlarge", "x", "y")], {}, "cannot load"),
}


@pytest.mark.parametrize(("nodes", "options", "words"), NOT_UPSCALERS.values(), ids=NOT_UPSCALERS.keys())
def test_what_is_not_an_upscaler_is_refused(
    path: Path, nodes: list[onnx.NodeProto], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        load_model(write(path, nodes, **options))
    assert caught.value.hint


@pytest.mark.parametrize("port", ["input", "output"])
def test_a_second_input_or_output_is_refused(path: Path, port: str) -> None:
    proto = onnx.load(write(path, [repeat("x", "y")]))
    getattr(proto.graph, port).append(helper.make_tensor_value_info("more", FLOAT, UNKNOWN))
    onnx.save(proto, path)
    with pytest.raises(ModelError, match=f"2 {port}s"):
        load_model(path)


# ---- files


@pytest.mark.parametrize("content", [b"", b"just words\n", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), bytes(1000)])
def test_a_file_that_is_not_onnx_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.onnx"):
        load_model(path)


def test_a_truncated_file_is_refused(path: Path) -> None:
    whole = write(path, [repeat("x", "y")]).read_bytes()
    for length in range(1, len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError):
            load_model(path)


def test_a_missing_file_or_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No such file"):
        load_model(tmp_path / "none.onnx")
    with pytest.raises(ModelError, match="directory"):
        load_model(tmp_path)


def test_weights_beside_the_model_belong_to_it(path: Path) -> None:
    nodes = [node("Conv", "x kernel", "more", pads=[1] * 4), repeat("more", "y")]
    proto = onnx.load(write(path, nodes, kernel=np.zeros((3, 3, 3, 3), np.float32)))
    onnx.save(proto, path, save_as_external_data=True, location="weights.bin", size_threshold=100)
    first = load_model(path)
    assert first.scale == 2
    weights = path.with_name("weights.bin")
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert load_model(path).sha256 != first.sha256
    weights.unlink()
    with pytest.raises(ModelError, match=r"weights\.bin, which is missing"):
        load_model(path)


# ---- manifests


def test_a_manifest_survives_the_file(path: Path) -> None:
    model = load_model(write(path, [repeat("x", "y")], (FLOAT, FREE_LUMA), manifest=json.dumps(MANIFEST)))
    manifest = model.manifest
    assert manifest is not None
    assert (manifest.channels, manifest.recipe, manifest.source_commit) == (1, {"batch": 1}, None)
    assert manifest.training_data == (DataSource("none", 0, "CC0"),)
    assert model.precision == manifest.precision == "fp32", "which older files do not say"
    assert (model.name, model.scale, model.channels, model.receptive_field) == ("repeat-x2", 2, 1, 1)


def test_a_manifest_leaves_no_choice_of_range(path: Path) -> None:
    write(path, [repeat("x", "y")], (FLOAT, FREE_LUMA), manifest=json.dumps(MANIFEST))
    with pytest.raises(UsageError, match="its own range"):
        load_model(path, foreign=Foreign())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scale": 0}, "scale is 0"),
        ({"scale": "2"}, "scale is '2'"),
        ({"colour": "xyz"}, "colour is 'xyz'"),
        ({"precision": "int3"}, "precision is 'int3', allowed: fp32, fp16, int8"),
        ({"temporal_window": 3}, "temporal_window is 3"),
        ({"value_range": "0..255"}, "value_range is"),
        ({"invented": 1}, "invented"),
        ({"training_data": [1]}, "cannot be used"),
    ],
)
def test_a_manifest_that_cannot_be_served_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        Manifest.from_json(json.dumps(MANIFEST | changes))


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '"text"'])
def test_text_that_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match="manifest cannot be used"):
        Manifest.from_json(text)


def test_a_model_that_does_not_do_what_its_manifest_says_is_caught(path: Path) -> None:
    manifest = json.dumps(MANIFEST | {"scale": 3})
    model = load_model(write(path, [repeat("x", "y")], (FLOAT, FREE_LUMA), manifest=manifest))
    with pytest.raises(ModelError, match=r"\[1, 1, 8, 10\] of \[1, 1, 4, 5\], expected \[1, 1, 12, 15\]"):
        run(model, noise(1, 1, 4, 5))


# ---- shipped models


@pytest.mark.parametrize("name", available_models())
def test_a_shipped_model_is_what_its_name_says_and_better_than_bicubic(name: str) -> None:
    model = load_model(name)
    manifest = model.manifest
    assert manifest is not None
    assert (model.name, f"x{model.scale}") == (name, name.split("-")[2])
    assert manifest.licence == "Apache-2.0"
    assert all(source.licence for source in manifest.training_data)
    assert manifest.quality
    assert all(score.psnr_y > score.bicubic_psnr_y for score in manifest.quality.values())
    away = np.abs(run(model, np.full((1, 1, 40, 40), 0.5, np.float32)) - 0.5)[0, 0]
    inside = slice(12 * model.scale, -12 * model.scale)
    assert away[inside, inside].max() < 0.005  # an even grey stays even
    assert away.max() < 0.1  # at the border the layers see zeros beyond it


def test_a_name_without_scale_takes_the_scale_wanted() -> None:
    scales = scales_of("tiny-16")
    assert 2 in scales
    assert [load_model("tiny-16", scale=scale).name for scale in scales] == [f"tiny-16-x{s}" for s in scales]
    assert load_model("tiny-16") == load_model("tiny-16-x2") == load_model("tiny-16", scale=2)
    assert load_model(load_model("tiny-16").path) == load_model("tiny-16")


def test_unknown_names_and_scales_are_answered_with_what_there_is() -> None:
    with pytest.raises(ModelError, match=r"'huge'; there are: .*tiny-16-x2"):
        load_model("huge")
    with pytest.raises(ModelError, match="no scale 7 in fp32, only: 2"):
        load_model("tiny-16", scale=7)
    assert scales_of("huge") == scales_of("tiny-16-x2") == ()


FORMS = ["tiny-9-x2", "tiny-9-x2-int8", "tiny-9-x3", "tiny-9-x2-live-int8", "tiny-10-x4-int8"]


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files that say of themselves what their names say, in place of the shipped ones."""
    for name in FORMS:
        fields = {"name": name, "scale": 2, "precision": "int8" if name.endswith("int8") else "fp32"}
        nodes, manifest = [repeat("x", "y")], json.dumps(MANIFEST | fields)
        write(tmp_path / f"{name}.onnx", nodes, (FLOAT, FREE_LUMA), manifest=manifest)
    monkeypatch.setattr("framelift.engine.model.SHIPPED", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "scale", "precision", "found"),
    [
        ("tiny-9", None, None, "tiny-9-x2"),
        ("tiny-9", None, "fp32", "tiny-9-x2"),
        ("tiny-9", 2, "int8", "tiny-9-x2-int8"),
        ("tiny-9", 3, None, "tiny-9-x3"),
        ("tiny-9-int8", None, None, "tiny-9-x2-int8"),
        ("tiny-9-x2", None, None, "tiny-9-x2"),
        ("tiny-9-x2", 3, "int8", "tiny-9-x2-int8"),
        ("tiny-9-x2-int8", None, None, "tiny-9-x2-int8"),
        ("tiny-9-x2-fp32", None, None, "tiny-9-x2"),
        ("tiny-9-live", None, None, "tiny-9-x2-live-int8"),
        ("tiny-10", None, None, "tiny-10-x4-int8"),
    ],
)
def test_a_form_is_found(zoo: Path, name: str, scale: int | None, precision: str | None, found: str) -> None:
    model = load_model(name, scale=scale, precision=precision)
    assert (model.name, model.path) == (found, zoo / f"{found}.onnx")
    assert model.precision == (precision or model.precision)


@pytest.mark.usefixtures("zoo")
def test_which_forms_there_are() -> None:
    assert available_models() == tuple(sorted(FORMS))
    assert (scales_of("tiny-9"), scales_of("tiny-9", "int8"), scales_of("tiny-9-int8")) == ((2, 3), (2,), (2,))
    assert (scales_of("tiny-9-x2-int8"), scales_of("tiny-9", "int3"), scales_of("tiny-10")) == ((), (), (4,))
    assert precisions_of("tiny-9") == precisions_of("tiny-9", 2) == precisions_of("tiny-9-x2") == ("fp32", "int8")
    assert (precisions_of("tiny-9", 3), precisions_of("tiny-9-int8"), precisions_of("huge")) == (
        ("fp32",),
        ("int8",),
        (),
    )


@pytest.mark.parametrize(
    ("name", "scale", "precision", "words"),
    [
        ("tiny-9", None, "bf16", "tiny-9 has no precision 'bf16', only: fp32, int8"),
        ("tiny-9", 3, "int8", "no scale 3 in int8, only: 2"),
        ("tiny-9-int8", None, "fp32", "no precision 'fp32', only: int8"),
        ("tiny-10", None, "fp32", "no precision 'fp32', only: int8"),
        ("tiny-9-live", None, "fp32", "no precision 'fp32', only: int8"),
    ],
)
@pytest.mark.usefixtures("zoo")
def test_a_form_that_is_not_there_is_answered_with_what_there_is(
    name: str, scale: int | None, precision: str, words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        load_model(name, scale=scale, precision=precision)


def test_a_file_has_the_precision_it_has(zoo: Path, path: Path) -> None:
    file = zoo / "tiny-9-x2-int8.onnx"
    assert load_model(file) == load_model(file, precision="int8") == load_model("tiny-9-int8")
    with pytest.raises(ModelError, match=r"tiny-9-x2-int8\.onnx is int8, not fp32"):
        load_model(file, precision="fp32")
    foreign = write(path, [repeat("x", "y")])
    assert load_model(foreign).precision is None
    with pytest.raises(ModelError, match="is fp32, not int8"):
        load_model(foreign, precision="int8")


# ---- backends


def test_the_choice_of_backend_is_explained() -> None:
    model = load_model("tiny-16-x2")
    with closing(choose_backend(model, Compute(threads=2))) as backend:
        assert backend.name == "native"
        assert backend.reason.startswith("chosen automatically: fastest")
        assert "2 frames at once" in backend.reason
    with closing(choose_backend(model, Compute("onnxruntime", threads=1))) as backend:
        assert backend.reason.startswith("as asked for")


@pytest.mark.parametrize("name", ["", "abacus", "onnxruntime:", "onnxruntime:azure", "onnxruntime:abacus"])
def test_an_unknown_backend_is_answered_with_what_there_is(name: str) -> None:
    with pytest.raises(ModelError, match=f"{name!r} on this machine; there are: auto, native, onnxruntime"):
        choose_backend(load_model("tiny-16-x2"), Compute(name))
    assert name not in available_backends()


def test_a_closed_backend_does_not_run() -> None:
    backend = choose_backend(load_model("tiny-16-x2"), Compute(threads=1))
    backend.close()
    backend.close()
    with pytest.raises(ModelError, match="closed"):
        backend.run(noise(1, 1, 4, 4))


@pytest.mark.parametrize("shape", [(4, 4), (1, 3, 4, 4), (1, 1, 0, 4), (0, 1, 4, 4)])
def test_a_shape_the_model_does_not_take_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match=r"takes \[N, 1, H, W\], not"):
        run(load_model("tiny-16-x2"), noise(*shape))


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_model_is_shipped_for_each_scale(scale: int) -> None:
    manifest = load_model("tiny-16", scale=scale).manifest
    assert manifest is not None
    assert all(quality.psnr_y > quality.bicubic_psnr_y + 0.8 for quality in manifest.quality.values())


def test_the_first_model_is_as_good_as_promised() -> None:
    manifest = load_model("tiny-16-x2").manifest
    assert manifest is not None
    assert manifest.quality["Set5"].psnr_y >= 36.8
    assert manifest.quality["BSD100"].psnr_y >= 31.35
