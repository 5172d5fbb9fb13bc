"""Export: a checkpoint becomes one `.onnx` file that the engine runs, or nothing at all."""

# ruff: noqa: E402  what needs torch is imported behind the check for it

from __future__ import annotations

import math
from collections import Counter
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import onnx
import pytest

pytest.importorskip("torch", reason="export needs the extra `train`")
cv2 = pytest.importorskip("cv2", reason="export needs the extra `train`")

import torch
from framelift.engine.backends import choose_backend
from framelift.engine.compute import Compute
from framelift.engine.manifest import Manifest as EngineManifest
from framelift.engine.model import load_model
from framelift.export.manifest import METADATA_KEY, DataSource, Rights, SetQuality
from framelift.export.onnx_from_checkpoint import export
from framelift.export.parity import PARITY_BOUND
from framelift.export.ship import RIGHTS, judge, ship
from framelift.training import checkpoint
from framelift.training.errors import DataError, ResultError, WriteError
from framelift.training.evaluate import evaluate_bicubic, evaluate_from_rgb
from framelift.training.networks.plain import PlainSR
from framelift.training.networks.tiers import SCALES
from framelift.training.upscaler import upscaler_of
from tiers import PLAIN, stack

NOISE = Rights("Apache-2.0", "made by the tests", (DataSource("noise", 1, "CC0"),))
NO_SETS: dict[str, Path] = {}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def random_network(tier: str = "tiny-8", scale: int = 2) -> PlainSR:
    """Weights large enough that every layer says something."""
    torch.manual_seed(scale)
    network = stack(tier, scale)
    with torch.no_grad():
        network.get_parameter("tail.project").mul_(100)
        for parameter in network.parameters():
            if parameter.ndim == 1:
                parameter.normal_(0, 0.1)
    return network


def anchor_network(tier: str = "tiny-8", scale: int = 2) -> PlainSR:
    """Repeats each pixel: better than bicubic on pictures made of blocks."""
    network = stack(tier, scale)
    with torch.no_grad():
        network.get_parameter("tail.project").zero_()
    return network


def save(path: Path, network: PlainSR, tier: str = "tiny-8", step: int = 7) -> Path:
    info = checkpoint.CheckpointInfo(tier, network.scale, step, {"batch": 4, "warm_start": None})
    checkpoint.save(path, network.state_dict(), info)
    return path


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures of 2 x 2 blocks."""
    folder = tmp_path_factory.mktemp("blocks")
    for seed in range(2):
        codes = np.random.default_rng(seed).integers(0, 256, (20, 24, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"{seed}.png"), codes.repeat(2, 0).repeat(2, 1))
    return folder


# ---- one model


@pytest.mark.parametrize("tier", PLAIN)
@pytest.mark.parametrize("scale", SCALES)
def test_the_engine_computes_what_was_trained(tmp_path: Path, tier: str, scale: int) -> None:
    network = random_network(tier, scale)
    source, out = save(tmp_path / "last.safetensors", network, tier), tmp_path / "deep" / "model.onnx"
    export(source, out, name=f"{tier}-x{scale}", rights=NOISE, sets=NO_SETS)
    assert [file.name for file in out.parent.iterdir()] == ["model.onnx"]
    model = load_model(out)
    assert (model.name, model.scale, model.channels) == (f"{tier}-x{scale}", scale, 1)
    assert (model.size_multiple, model.fixed_size) == (1, None)
    with closing(choose_backend(model, Compute(threads=1))) as backend:
        for height, width in ((1, 1), (2, 13), (33, 17)):
            x = torch.rand(2, 1, height, width)
            y = backend.run(x.numpy())
            with torch.no_grad():
                for form in (network, network.collapse()):
                    assert np.abs(y - form(x).numpy()).max() <= PARITY_BOUND


def test_the_engine_reads_every_field_that_export_writes(tmp_path: Path, blocks: Path) -> None:
    source, out = save(tmp_path / "last.safetensors", random_network()), tmp_path / "model.onnx"
    sets = {"blocks": blocks}
    written = export(source, out, name="tiny-8-x2", rights=NOISE, sets=sets, source_commit="0123abc").manifest
    read = load_model(out).manifest
    assert read is not None
    fields = asdict(written)
    fields |= fields.pop("rights")
    del fields["channels"]  # for other readers; `colour` says it
    about = {"colour": "luma", "value_range": "code/max", "size_multiple": 1, "temporal_window": 1}
    assert asdict(read) == fields | about
    assert (read.steps, read.recipe, read.source_commit) == (7, {"batch": 4, "warm_start": None}, "0123abc")
    assert (read.receptive_field, read.macs_per_pixel, read.precision) == (15, 2_792, "fp32")
    assert isinstance(read, EngineManifest)


def test_the_graph_is_small_and_plain(tmp_path: Path) -> None:
    out = tmp_path / "model.onnx"
    export(save(tmp_path / "last.safetensors", random_network()), out, name="a", rights=NOISE, sets=NO_SETS)
    proto = onnx.load(out)
    onnx.checker.check_model(proto, full_check=True)
    operators = Counter(node.op_type for node in proto.graph.node)
    assert operators == {"Conv": 6, "Relu": 5, "Add": 2, "DepthToSpace": 1}
    assert [entry.version for entry in proto.opset_import] == [17]
    assert [entry.key for entry in proto.metadata_props] == [METADATA_KEY]
    assert sum(math.prod(tensor.dims) for tensor in proto.graph.initializer) == 2_836


def test_the_same_checkpoint_gives_the_same_bytes(tmp_path: Path) -> None:
    source = save(tmp_path / "last.safetensors", random_network())
    for name in ("a.onnx", "b.onnx"):
        export(source, tmp_path / name, name="a", rights=NOISE, sets=NO_SETS)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e30])
def test_weights_that_give_no_pictures_are_refused(tmp_path: Path, value: float) -> None:
    network = random_network()
    with torch.no_grad():
        network.get_parameter("head.bias")[0] = value
    source, out = save(tmp_path / "last.safetensors", network), tmp_path / "model.onnx"
    out.write_bytes(b"the last good one")
    with pytest.raises(ResultError, match="differ by"):
        export(source, out, name="a", rights=NOISE, sets=NO_SETS)
    assert out.read_bytes() == b"the last good one"
    assert len(list(tmp_path.iterdir())) == 2


def test_what_cannot_be_read_or_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no checkpoint"):
        export(tmp_path / "none", tmp_path / "model.onnx", name="a", rights=NOISE, sets=NO_SETS)
    source = save(tmp_path / "last.safetensors", random_network())
    with pytest.raises(DataError, match="no picture"):
        export(source, tmp_path / "model.onnx", name="a", rights=NOISE, sets={"none": tmp_path})
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="cannot write"):
        export(source, tmp_path / "file" / "model.onnx", name="a", rights=NOISE, sets=NO_SETS)


def test_the_manifest_holds_what_the_graph_scores(tmp_path: Path, blocks: Path) -> None:
    network = random_network()
    source = save(tmp_path / "last.safetensors", network)
    manifest = export(source, tmp_path / "model.onnx", name="a", rights=NOISE, sets={"blocks": blocks}).manifest
    by_torch, bicubic = evaluate_from_rgb(blocks, 2, upscaler_of(network).luma), evaluate_bicubic(blocks, 2)
    score = manifest.quality["blocks"]
    assert score.pictures == 2
    assert score.psnr_y == pytest.approx(by_torch.psnr_y, abs=0.01)
    assert score.ssim == pytest.approx(by_torch.ssim, abs=1e-3)
    assert (score.bicubic_psnr_y, score.bicubic_ssim) == (round(bicubic.psnr_y, 4), round(bicubic.ssim, 4))


# ---- the zoo


def test_a_good_checkpoint_is_shipped_with_its_scores(tmp_path: Path, blocks: Path) -> None:
    save(tmp_path / "runs" / "tiny-8-x2" / "last.safetensors", anchor_network())
    (shipped,) = ship(tmp_path / "runs", tmp_path / "models", {"blocks": blocks})
    manifest = shipped.manifest
    assert [file.name for file in (tmp_path / "models").iterdir()] == ["tiny-8-x2.onnx"]
    model = load_model(tmp_path / "models" / "tiny-8-x2.onnx")
    assert model.name == manifest.name == "tiny-8-x2"
    assert manifest.rights == RIGHTS
    assert sum(source.pictures for source in RIGHTS.training_data) == 343
    assert manifest.quality["blocks"].psnr_y > manifest.quality["blocks"].bicubic_psnr_y


def test_one_bad_checkpoint_keeps_all_from_shipping(tmp_path: Path, blocks: Path) -> None:
    save(tmp_path / "runs" / "tiny-8-x2" / "last.safetensors", anchor_network())
    save(tmp_path / "runs" / "tiny-8-x4" / "last.safetensors", random_network(scale=4))
    with pytest.raises(ResultError, match=r"tiny-8-x4 has .* bicubic"):
        ship(tmp_path / "runs", tmp_path / "models", {"blocks": blocks})
    assert list((tmp_path / "models").iterdir()) == []
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["models", "runs"]


def test_a_larger_model_must_be_better_than_a_smaller_one(tmp_path: Path, blocks: Path) -> None:
    save(tmp_path / "runs" / "tiny-8-x2" / "last.safetensors", anchor_network())
    (shipped,) = ship(tmp_path / "runs", tmp_path / "models", {"blocks": blocks})
    small = shipped.manifest
    large = replace(small, name="large", macs_per_pixel=2 * small.macs_per_pixel)
    with pytest.raises(ResultError, match=r"large has .* tiny-8-x2"):
        judge([small, large])
    score = small.quality["blocks"]
    better = SetQuality(2, score.psnr_y + 0.1, score.ssim, score.bicubic_psnr_y, score.bicubic_ssim)
    judge([small, replace(large, quality={"blocks": better})])
    judge([small, replace(large, scale=3)])


def test_nothing_to_ship_is_an_error(tmp_path: Path, blocks: Path) -> None:
    with pytest.raises(DataError, match="0 checkpoints"):
        ship(tmp_path, tmp_path / "models", {"blocks": blocks})
