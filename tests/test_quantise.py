"""INT8: a trained network in integers, its graph, and what it may lose."""

# ruff: noqa: E402  what needs torch is imported behind the check for it

from __future__ import annotations

import math
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

pytest.importorskip("torch", reason="export needs the extra `train`")
cv2 = pytest.importorskip("cv2", reason="export needs the extra `train`")

import torch
from framelift.cli.main import exit_code_of
from framelift.engine.backends import choose_backend
from framelift.engine.compute import Compute
from framelift.engine.model import load_model
from framelift.engine.stack_from_onnx import stack_of
from framelift.export.calibration import CROPS, SIZE, calibration_crops
from framelift.export.manifest import DataSource, Manifest, Rights, SetQuality
from framelift.export.onnx_from_checkpoint import export
from framelift.export.parity import INT8_PARITY_BOUND, function_of, parity_of
from framelift.export.quantise import quantise
from framelift.export.quantised import QuantisedSR
from framelift.export.quantised_graph import onnx_from_quantised
from framelift.export.rounding import rounded
from framelift.export.ship import INT8_LOSS, judge
from framelift.training import checkpoint
from framelift.training.errors import DataError, ResultError
from framelift.training.networks.plain import PlainSR
from hypothesis import given, settings
from hypothesis import strategies as st
from stack_ref import evaluated
from tiers import stack as make

NOISE = Rights("Apache-2.0", "made by the tests", (DataSource("noise", 1, "CC0"),))
NO_SETS: dict[str, Path] = {}
CODE = 1 / 255


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def random_network(channels: int = 6, layers: int = 4, scale: int = 2, seed: int = 0) -> PlainSR:
    """Weights large enough that every layer says something."""
    torch.manual_seed(seed)
    return awake(PlainSR(channels, layers, scale))


@torch.no_grad()
def awake(network: PlainSR) -> PlainSR:
    network.get_parameter("tail.project").mul_(20)
    for parameter in network.parameters():
        if parameter.ndim == 1:
            parameter.normal_(0, 0.05)
    return network


def pictures(count: int = 4, size: int = 32) -> torch.Tensor:
    """Smooth noise as 8-bit codes over 255."""
    rng = np.random.default_rng(count)
    rough = rng.integers(0, 256, (count, size // 4, size // 4)).astype(np.float32)
    smooth = [cv2.resize(each, (size, size), interpolation=cv2.INTER_LINEAR).round() for each in rough]
    return torch.from_numpy(np.stack(smooth)[:, None] / np.float32(255))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures of soft shapes, large enough for a crop at scale 2."""
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(2):
        rough = np.random.default_rng(seed).integers(0, 256, (26, 28, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"{seed}.png"), cv2.resize(rough, (224, 208), interpolation=cv2.INTER_CUBIC))
    return folder


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One picture of 2 x 2 blocks, on which repeating pixels is better than bicubic."""
    folder = tmp_path_factory.mktemp("blocks")
    codes = np.random.default_rng(0).integers(0, 256, (20, 24, 3), dtype=np.uint8)
    cv2.imwrite(str(folder / "blocks.png"), codes.repeat(2, 0).repeat(2, 1))
    return folder


def save(path: Path, network: PlainSR, tier: str = "tiny-8") -> Path:
    info = checkpoint.CheckpointInfo(tier, network.scale, 7, {"batch": 4})
    checkpoint.save(path, network.state_dict(), info)
    return path


def written(network: QuantisedSR, path: Path) -> onnx.ModelProto:
    proto = onnx_from_quantised(network, "test")
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, path)
    return proto


# ---- rounding


def spread(seed: int, inputs: int) -> torch.Tensor:
    """The covariance of inputs that hang together."""
    mixed = torch.randn(inputs, inputs, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return mixed @ mixed.T / inputs


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("largest", [15, 127])
def test_rounding_together_changes_sums_less_than_rounding_each(seed: int, largest: int) -> None:
    weight = torch.randn(40, 30, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    steps, covariance = weight.abs().amax(1) / largest, spread(seed, 30)
    codes = rounded(weight, steps, covariance, largest)
    assert torch.equal(codes, codes.round())
    assert codes.abs().max() <= largest

    def changed(codes: torch.Tensor) -> float:
        error = codes * steps[:, None] - weight
        return float((error @ covariance * error).sum())

    assert changed(codes) < 0.7 * changed((weight / steps[:, None]).round())


def test_rounding_of_inputs_that_do_not_hang_together_is_plain_rounding() -> None:
    weight = torch.randn(5, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    steps = torch.full((5,), 0.01, dtype=torch.float64)
    codes = rounded(weight, steps, torch.diag(torch.arange(9.0).double()), 1000)
    assert torch.equal(codes, (weight / steps[:, None]).round())


# ---- the network in integers


@settings(max_examples=20)
@given(
    channels=st.integers(1, 9), layers=st.integers(3, 6), scale=st.sampled_from([2, 3, 4]), seed=st.integers(0, 1000)
)
def test_every_path_computes_the_same_integers(
    tmp_path_factory: pytest.TempPathFactory, channels: int, layers: int, scale: int, seed: int
) -> None:
    network = quantise(random_network(channels, layers, scale, seed), pictures())
    path = tmp_path_factory.mktemp("int8") / "model.onnx"
    proto, x = written(network, path), torch.cat([pictures(2, 24), torch.rand(1, 1, 24, 24)])
    exactly = evaluated(stack_of(path), x.numpy())
    with torch.no_grad():
        assert np.array_equal(network(x).numpy(), exactly)
    assert np.abs(function_of(proto)(x.numpy()) - exactly).max() <= INT8_PARITY_BOUND


def test_the_graph_holds_the_networks_integers(tmp_path: Path) -> None:
    network = quantise(random_network(), pictures())
    written(network, tmp_path / "model.onnx")
    stack = stack_of(tmp_path / "model.onnx")
    assert (stack.scale, stack.unshuffle, stack.shortcut) == (2, 1, "nearest")
    assert [layer.add for layer in stack.layers] == [None, None, 0, None]
    for conv, layer in zip((*network.hidden, network.tail), stack.layers, strict=True):
        assert np.array_equal(conv.weight.numpy(), layer.weight)
        assert np.array_equal(conv.bias.numpy(), layer.bias)
        assert np.abs(layer.weight).max() == 127
    for conv, step, layer in zip(network.hidden, network.steps, stack.layers, strict=False):
        assert layer.requant is not None
        assert np.array_equal((conv.product_step / step).numpy(), layer.requant)
    assert stack.layers[2].add_factor == float(network.steps[0] / network.steps[2])


def test_the_graph_is_of_standard_nodes(tmp_path: Path) -> None:
    proto = written(quantise(random_network(), pictures()), tmp_path / "model.onnx")
    operators = Counter(node.op_type for node in proto.graph.node)
    assert operators == {
        "QuantizeLinear": 4,
        "DequantizeLinear": 4 + 2 * 4,
        "Conv": 4,
        "Relu": 3,
        "Add": 2,
        "DepthToSpace": 1,
    }
    assert {tensor.data_type for tensor in proto.graph.initializer} == {
        onnx.TensorProto.FLOAT,
        onnx.TensorProto.INT8,
        onnx.TensorProto.INT32,
        onnx.TensorProto.UINT8,
    }


def test_openvino_computes_the_same(tmp_path: Path) -> None:
    openvino = pytest.importorskip("openvino")
    network, x = quantise(random_network(), pictures()), pictures(2, 24)
    written(network, tmp_path / "model.onnx")
    run = openvino.Core().compile_model(tmp_path / "model.onnx", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    with torch.no_grad():
        assert np.abs(run(x.numpy())[0] - network(x).numpy()).max() <= 2 * CODE


@pytest.mark.parametrize("scale", [2, 3])
def test_little_is_lost(scale: int) -> None:
    network = random_network(8, 6, scale)
    quantised, x = quantise(network, pictures()), pictures(3)
    with torch.no_grad():
        wanted = network(x)
        lost, given = (quantised(x) - wanted).square().mean(), (wanted - wanted.mean()).square().mean()
    assert lost < given * 1e-3


def test_codes_of_video_enter_as_they_are() -> None:
    network = quantise(random_network(), pictures())
    x = torch.arange(256.0).reshape(1, 1, 16, 16) / 255
    wobbled = (x + torch.where(x < 0.5, 0.001, -0.001)).clamp(0, 1)
    with torch.no_grad():
        one, other = (network(each)[..., ::2, ::2] - each for each in (x, wobbled))
    assert torch.allclose(one, other, atol=1e-6)


def test_layers_that_say_nothing_are_no_trouble(tmp_path: Path) -> None:
    network = make("tiny-8", 2)
    with torch.no_grad():
        network.get_parameter("tail.project").zero_()
        network.get_parameter("body.1.bias").fill_(-100)  # dead from here on but for the head's sum
        network.get_parameter("body.2.project").zero_()
        network.get_parameter("body.0.bias").fill_(1e6)
    quantised, x = quantise(network, pictures()), pictures(1)
    written(quantised, tmp_path / "model.onnx")
    with torch.no_grad():
        assert torch.equal(quantised(x), x.repeat_interleave(2, 2).repeat_interleave(2, 3))
    assert np.array_equal(evaluated(stack_of(tmp_path / "model.onnx"), x.numpy()), quantised(x).numpy())


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e38])
def test_weights_that_give_no_numbers_are_refused(value: float) -> None:
    network = random_network()
    with torch.no_grad():
        network.get_parameter("head.project").fill_(value)
    with pytest.raises(ResultError, match="not finite"):
        quantise(network, pictures())


def test_the_same_pictures_give_the_same_integers() -> None:
    one, other = (onnx_from_quantised(quantise(random_network(), pictures()), "a") for _ in range(2))
    assert one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True)


# ---- from a checkpoint


def test_calibration_takes_crops_of_all_pictures(photos: Path, tmp_path: Path) -> None:
    crops = calibration_crops(photos, 2)
    assert crops.shape == (CROPS, 1, SIZE, SIZE)
    assert torch.equal(crops, calibration_crops(photos, 2))
    assert torch.equal(crops, (crops * 255).round() / 255)
    with pytest.raises(DataError, match="288 pixels or more"):
        calibration_crops(photos, 3)
    with pytest.raises(DataError, match="no picture"):
        calibration_crops(tmp_path, 2)


def test_the_engine_runs_what_was_exported(tmp_path: Path, photos: Path, blocks: Path) -> None:
    source, out = save(tmp_path / "last.safetensors", awake(make("tiny-8", 2))), tmp_path / "model.onnx"
    exported = export(source, out, name="tiny-8-x2-int8", rights=NOISE, sets={"blocks": blocks}, photos=photos)
    assert exported.parity.largest <= INT8_PARITY_BOUND
    assert exported.parity.psnr > 60
    model = load_model(out, precision="int8")
    assert (model.name, model.precision, model.scale) == ("tiny-8-x2-int8", "int8", 2)
    assert model.manifest is not None
    recipe = dict(model.manifest.recipe)
    steps = recipe.pop("activation_steps")
    assert recipe == {"batch": 4, "calibration": f"{CROPS} crops of {SIZE} x {SIZE}"}
    assert isinstance(steps, list)
    assert len(steps) == 5
    assert min(steps) > 0
    assert exported.manifest.quality["blocks"].psnr_y == model.manifest.quality["blocks"].psnr_y
    x = pictures(1, 16).numpy()
    with closing(choose_backend(model, Compute("onnxruntime", threads=1))) as backend:
        assert np.abs(backend.run(x) - evaluated(stack_of(out), x)).max() <= INT8_PARITY_BOUND


def test_parity_is_that_of_the_graph_with_the_integers() -> None:
    network = quantise(random_network(), pictures())

    def shifted(x: torch.Tensor) -> torch.Tensor:
        return network(x) + 0.01

    parity = parity_of(shifted, function_of(onnx_from_quantised(network, "a")))
    assert parity.largest == pytest.approx(0.01, abs=1e-3)
    assert parity.psnr == pytest.approx(40, abs=0.5)


# ---- the zoo


def anchor_network() -> PlainSR:
    """Repeats each pixel."""
    network = make("tiny-8", 2)
    with torch.no_grad():
        network.get_parameter("tail.project").zero_()
    return network


def test_an_integer_form_that_loses_too_much_is_refused(tmp_path: Path, blocks: Path) -> None:
    source = save(tmp_path / "last.safetensors", anchor_network())
    full = export(source, tmp_path / "model.onnx", name="a", rights=NOISE, sets={"blocks": blocks}).manifest
    score = full.quality["blocks"]

    def losing(loss: float) -> list[Manifest]:
        lower = SetQuality(1, score.psnr_y - loss, score.ssim, 0, 0)
        return [full, replace(full, name="a-int8", precision="int8", quality={"blocks": lower})]

    judge(losing(INT8_LOSS - 0.01))
    with pytest.raises(ResultError, match=r"a-int8 loses 0.11 dB .* on blocks, allowed: 0.1"):
        judge(losing(INT8_LOSS + 0.01))


# ---- the command


def test_one_checkpoint_is_exported_in_either_form(
    tmp_path: Path, photos: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = str(save(tmp_path / "last.safetensors", awake(make("tiny-8", 2))))
    full, integer = tmp_path / "mine.onnx", tmp_path / "mine-int8.onnx"
    assert exit_code_of(["export", source, str(full)]) == 0
    assert exit_code_of(["export", source, str(integer), "--int8", "--calibrate", str(photos)]) == 0
    first, second = capfd.readouterr().out.splitlines()
    assert first.startswith("mine: fp32, within ")
    assert second.startswith("mine-int8: int8, within ")
    assert [load_model(path).precision for path in (full, integer)] == ["fp32", "int8"]
    manifest = load_model(integer).manifest
    assert manifest is not None
    assert (manifest.licence, manifest.training_data) == ("not stated", ())


@pytest.mark.parametrize("options", [["--int8"], ["--calibrate", "photos"]])
def test_calibration_and_integers_go_together(
    tmp_path: Path, options: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(["export", "none", str(tmp_path / "model.onnx"), *options]) == 2
    assert "--int8" in capfd.readouterr().err


def test_a_folder_is_exported_in_both_forms(
    tmp_path: Path, blocks: Path, photos: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "runs" / "tiny-8-x2" / "last.safetensors", anchor_network())
    arguments = ["export", str(tmp_path / "runs"), str(tmp_path / "models"), "--evaluate", str(blocks)]
    assert exit_code_of([*arguments, "--int8", "--calibrate", str(photos)]) == 0
    shipped = {load_model(file).name: file.name for file in (tmp_path / "models").iterdir()}
    assert shipped == {"tiny-8-x2": "tiny-8-x2.onnx", "tiny-8-x2-int8": "tiny-8-x2-int8.onnx"}
    lines = capfd.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == ["tiny-8-x2: fp32", "tiny-8-x2-int8: int8"]
