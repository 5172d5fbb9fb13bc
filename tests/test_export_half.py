"""The FP16 form, and what TensorRT-RTX makes of exported models."""

# ruff: noqa: E402  what needs torch is imported behind the check for it

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

pytest.importorskip("torch", reason="export needs the extra `train`")
cv2 = pytest.importorskip("cv2", reason="export needs the extra `train`")

import torch
from drawings import write_shapes
from framelift.export.half import check_half, half_function_of, onnx_in_half
from framelift.export.manifest import Manifest, Rights, SetQuality
from framelift.export.onnx_from_checkpoint import export
from framelift.export.parity import function_of
from framelift.export.ship import FP16_LOSS, LIVE_LOSS, judge
from framelift.export.traced import export_network
from framelift.training import checkpoint
from framelift.training.errors import ResultError, SettingError
from framelift.training.networks.network import Network
from framelift.training.networks.plain import PlainSR
from framelift.training.networks.span import SPAN
from framelift.training.networks.srvgg import SRVGGNetCompact
from framelift.training.networks.tiers import make
from onnx import TensorProto

UNSTATED = Rights("not stated", "", ())


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def stack(scale: int = 2) -> PlainSR:
    """Adds a few codes to each sub-pixel."""
    torch.manual_seed(scale)
    network = PlainSR(6, 4, scale)
    with torch.no_grad():
        network.get_parameter("tail.project").mul_(5)
        network.get_parameter("tail.bias").normal_(0, 0.02)
    return network


def damped_span(scale: int) -> SPAN:
    """Whose results lie about a middle grey, as those of a trained one do."""
    torch.manual_seed(0)
    network = SPAN(scale, 1, features=8)
    with torch.no_grad():
        network.get_parameter("upsampler.0.weight").mul_(0.002)
        network.get_parameter("upsampler.0.bias").fill_(0.5)
    return network.eval()


def small_srvgg(scale: int) -> Network:
    return SRVGGNetCompact(scale, 3, features=8, layers=2)


NETWORKS: dict[str, Callable[[int], Network]] = {"stack": stack, "srvgg": small_srvgg, "span": damped_span}


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("name", NETWORKS)
def test_codes_go_in_and_codes_come_out(name: str, scale: int) -> None:
    network = NETWORKS[name](scale)
    proto = onnx_in_half(network, name)
    onnx.checker.check_model(proto, full_check=True)
    takers = {node.op_type for node in proto.graph.node if "x" in node.input}
    givers = {node.op_type for node in proto.graph.node if "y" in node.output}
    assert takers == givers == {"Cast"}
    kinds = [port.type.tensor_type.elem_type for port in (proto.graph.input[0], proto.graph.output[0])]
    assert kinds == [TensorProto.UINT8] * 2
    weights = {tensor.data_type for tensor in proto.graph.initializer if len(tensor.dims) == 4}
    assert weights == {TensorProto.FLOAT16}
    assert check_half(network, proto).largest <= 1.001 / 255
    codes = np.random.default_rng(0).integers(0, 256, (2, network.channels, 5, 9), np.uint8)
    y = function_of(proto)(codes)
    assert y.shape == (2, network.channels, 5 * scale, 9 * scale)


def test_a_network_that_adds_nothing_changes_no_code() -> None:
    """The picture itself never passes through FP16, whose steps are coarser than what follows may need."""
    network = PlainSR(6, 4, 2)
    with torch.no_grad():
        network.get_parameter("tail.project").zero_()
    codes = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)
    enlarged = function_of(onnx_in_half(network, "anchor"))(codes)  # type: ignore[arg-type]  # of the model's type
    assert np.array_equal(enlarged, codes.repeat(2, 2).repeat(2, 3))


def test_a_form_of_another_network_is_refused() -> None:
    with pytest.raises(ResultError, match=r"differ by .* dB\), allowed: 0.0039 and 55 dB"):
        check_half(stack(), onnx_in_half(damped_stack(), "other"))


def test_channels_that_are_mixed_up_are_refused() -> None:
    network, mixed = small_srvgg(2), small_srvgg(2)
    mixed.load_state_dict(network.state_dict())
    with torch.no_grad():
        mixed.get_parameter("body.0.weight").copy_(network.get_parameter("body.0.weight").flip(1))
    with pytest.raises(ResultError, match="differ by"):
        check_half(network, onnx_in_half(mixed, "mixed"))


def damped_stack() -> PlainSR:
    network = stack()
    with torch.no_grad():
        network.get_parameter("tail.bias").add_(2 / 255)
    return network


def saved(path: Path, network: PlainSR, name: str = "tiny-8") -> Path:
    checkpoint.save(path, network.state_dict(), checkpoint.CheckpointInfo(name, network.scale, 7, {}))
    return path


def anchor(scale: int = 2) -> PlainSR:
    network = PlainSR(8, 6, scale)
    with torch.no_grad():
        network.get_parameter("tail.project").zero_()
    return network


def test_a_checkpoint_is_exported_in_fp16_with_its_manifest(tmp_path: Path) -> None:
    pictures = write_shapes(tmp_path / "pictures")
    source = saved(tmp_path / "last.safetensors", anchor())
    exported = export(
        source, tmp_path / "a-fp16.onnx", name="a-fp16", rights=UNSTATED, sets={"shapes": pictures}, half=True
    )
    whole = export(source, tmp_path / "a.onnx", name="a", rights=UNSTATED, sets={"shapes": pictures})
    assert exported.manifest.precision == "fp16"
    assert exported.manifest.quality["shapes"].psnr_y == whole.manifest.quality["shapes"].psnr_y
    y = half_function_of(onnx.load(tmp_path / "a-fp16.onnx"))(np.full((1, 1, 4, 4), 0.5, np.float32))
    assert np.allclose(y, 128 / 255)


@pytest.mark.parametrize(("twin", "most"), [("-live", LIVE_LOSS), ("-fp16", FP16_LOSS)])
def test_a_twin_that_loses_too_much_is_refused(twin: str, most: float) -> None:
    def scoring(name: str, psnr_y: float) -> Manifest:
        quality = {"shapes": SetQuality(1, psnr_y, 0.9, 28.0, 0.9)}
        return Manifest(name, 2, "fp32", 15, 2_792, UNSTATED, 7, {}, None, quality)

    judge([scoring("a-x2", 30.0), scoring(f"a-x2{twin}", 30.0 - most + 0.001)])
    with pytest.raises(ResultError, match=f"a-x2{twin} loses .* to a-x2 on shapes, allowed: {most}"):
        judge([scoring("a-x2", 30.0), scoring(f"a-x2{twin}", 30.0 - most - 0.01)])


def test_the_quality_tier_is_exported_too(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = make("quality", 2)
    with torch.no_grad():
        network.get_parameter("upsampler.0.weight").mul_(0.001)
        network.get_parameter("upsampler.0.bias").fill_(0.5)
    path = tmp_path / "last.safetensors"
    checkpoint.save(path, network.state_dict(), checkpoint.CheckpointInfo("quality", 2, 1, {}))
    for half in (False, True):
        out = tmp_path / f"quality-{half}.onnx"
        manifest = export(path, out, name="quality", rights=UNSTATED, sets={}, half=half).manifest
        assert (manifest.receptive_field, manifest.macs_per_pixel) == (43, 405_360)
    with pytest.raises(SettingError, match="quality has no INT8 form"):
        export(path, tmp_path / "int8.onnx", name="quality", rights=UNSTATED, sets={}, photos=tmp_path)


# ---- TensorRT-RTX


def plan_of(path: Path) -> int:
    """Bytes of the plan that TensorRT-RTX builds of a model for 720p, without a GPU; fails with what it says."""
    tensorrt = pytest.importorskip("tensorrt_rtx", reason="plans need the extra `rtx`")
    logger = tensorrt.Logger(tensorrt.Logger.ERROR)
    builder = tensorrt.Builder(logger)
    network = builder.create_network(0)
    parser = tensorrt.OnnxParser(network, logger)
    parsed = parser.parse(path.read_bytes())
    assert parsed, [parser.get_error(number).desc() for number in range(parser.num_errors)]
    config = builder.create_builder_config()
    profile = builder.create_optimization_profile()
    channels = network.get_input(0).shape[1]
    sizes = [(1, channels, side, side * 16 // 9) for side in (72, 720, 1080)]
    profile.set_shape(network.get_input(0).name, *sizes)
    config.add_optimization_profile(profile)
    config.num_compute_capabilities = 1
    config.set_compute_capability(tensorrt.ComputeCapability.SM89, 0)
    plan = builder.build_serialized_network(network, config)
    assert plan is not None
    return int(plan.nbytes)


@pytest.mark.parametrize("form", ["fp32", "fp16"])
def test_tensorrt_builds_what_is_exported(form: str, tmp_path: Path) -> None:
    source = saved(tmp_path / "last.safetensors", anchor())
    export(source, tmp_path / "a.onnx", name="a", rights=UNSTATED, sets={}, half=form == "fp16")
    assert plan_of(tmp_path / "a.onnx") > 0


def test_tensorrt_builds_a_published_network(tmp_path: Path) -> None:
    export_network(SRVGGNetCompact(2, 3, features=8, layers=2), tmp_path / "a.onnx", name="srvgg")
    assert plan_of(tmp_path / "a.onnx") > 0
