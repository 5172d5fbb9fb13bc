"""Training: the networks, the recipe, the crops, and a run that can be cut off."""

# ruff: noqa: E402  what needs torch is imported behind the check for it

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs the extra `train`")
cv2 = pytest.importorskip("cv2", reason="training needs the extra `train`")

import torch
from framelift.training import checkpoint
from framelift.training.crops import Crops
from framelift.training.errors import DataError, ResultError, SettingError, WriteError
from framelift.training.evaluate import evaluate, evaluate_bicubic, evaluate_from_rgb
from framelift.training.files import replacing
from framelift.training.imresize import imresize
from framelift.training.metrics import psnr, y_from_rgb
from framelift.training.networks import named
from framelift.training.networks.cost import macs_per_pixel, receptive_field
from framelift.training.networks.plain import PlainSR
from framelift.training.networks.rcan import RCAN
from framelift.training.networks.tiers import SCALES, make
from framelift.training.photos import Pair, listing_of, load_pairs, read_rgb, short_hash
from framelift.training.recipe import Average, Optimiser, Recipe
from framelift.training.run import CHECKPOINT, Run
from framelift.training.schedules import Cosine, Staircase
from framelift.training.train import Watching, train
from framelift.training.upscaler import upscaler_of
from safetensors.torch import load_file, save_file
from tiers import PLAIN, stack

SMALL = Recipe("tiny-8", 2, steps=6, batch=2, crop=12, schedule=Cosine(warm_up=2), average=Average(begin=0.5))


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures of smooth shapes with sharp edges."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(5)
    for number in range(3):
        picture = np.full((70, 90, 3), rng.integers(0, 256, 3), np.uint8)
        for _ in range(40):
            centre, axes = rng.integers(0, 90, 2).tolist(), rng.integers(2, 25, 2).tolist()
            cv2.ellipse(picture, centre, axes, int(rng.integers(180)), 0, 360, rng.integers(0, 256, 3).tolist(), -1)
        cv2.imwrite(str(folder / f"{number}.png"), picture)
    return folder


def awake(network: PlainSR) -> PlainSR:
    """A fresh network whose tail says something."""
    with torch.no_grad():
        network.get_parameter("tail.project").mul_(100)
        for parameter in network.parameters():
            if parameter.ndim == 1:
                parameter.normal_(0, 0.1)
    return network


# ---- networks


@pytest.mark.parametrize(
    ("tier", "most", "parameters"),
    [("tiny-8", 3_000, 2_836), ("tiny-16", 11_000, 10_276), ("fast-32", 100_000, 75_972)],
)
def test_a_tier_costs_what_it_may(tier: str, most: int, parameters: int) -> None:
    network = stack(tier, 2)
    plain = network.collapse()
    weights = {name: p.numel() for name, p in plain.named_parameters()}
    assert network.macs_per_pixel == sum(n for name, n in weights.items() if name.endswith("weight")) <= most
    assert sum(weights.values()) == parameters


def test_costs_are_found_by_running() -> None:
    """Of stacks they are known in another way; a transposed convolution and attention are counted by hand."""
    for tier in PLAIN:
        network = stack(tier, 3)
        assert macs_per_pixel(network) == network.macs_per_pixel
        assert receptive_field(network) == network.receptive_field
    assert macs_per_pixel(make("quality", 2)) == 405_360  # of the 450,000 it may cost
    assert receptive_field(make("quality", 2)) == 1 + 2 * (6 * 3 + 3)
    assert macs_per_pixel(named.make("fsrcnn", 3)) == 12_464  # Dong et al., ECCV 2016, table 1: each weight once
    attention = RCAN(2, 3, features=4, groups=1, blocks=1, squeeze=2)
    assert receptive_field(attention) is None  # it looks at the whole picture


@pytest.mark.parametrize("tier", PLAIN)
@pytest.mark.parametrize("scale", SCALES)
def test_the_collapsed_network_is_the_trained_one(tier: str, scale: int) -> None:
    network = awake(stack(tier, scale))
    x = torch.rand(2, 1, 9, 14)
    with torch.no_grad():
        trained, collapsed = network(x), network.collapse()(x)
    assert trained.shape == (2, 1, scale * 9, scale * 14)
    assert (trained - collapsed).abs().max() < 1e-5


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("tier", PLAIN)
def test_a_fresh_network_is_close_to_its_anchor(tier: str, scale: int) -> None:
    """Large first errors kill every ReLU: an identity in tiny-16's tail, as wide as its input at x4, did."""
    x = torch.rand(1, 1, 8, 8)
    nearest = torch.nn.functional.interpolate(x, scale_factor=scale)
    assert (make(tier, scale)(x) - nearest).abs().max() < 0.1


def test_the_receptive_field_is_exact() -> None:
    network = awake(stack("tiny-8", 2)).collapse()
    x = torch.rand(1, 1, 31, 31, requires_grad=True)
    y = network(x)[0, 0, 30:32, 30:32].sum()
    (gradient,) = torch.autograd.grad(y, x)
    touched = gradient[0, 0].nonzero()
    reach = network.receptive_field // 2
    assert touched.min() >= 15 - reach
    assert touched.max() <= 15 + reach
    assert network.receptive_field == 15


@pytest.mark.parametrize(("tier", "scale", "words"), [("tiny-9", 2, "tiny-9"), ("tiny-8", 5, "scale 5")])
def test_an_unknown_tier_or_scale_is_refused(tier: str, scale: int, words: str) -> None:
    with pytest.raises(SettingError, match=words):
        make(tier, scale)


# ---- checkpoints


def test_a_checkpoint_gives_back_the_network(tmp_path: Path) -> None:
    network = make("tiny-8", 3)
    info = checkpoint.CheckpointInfo("tiny-8", 3, 12, {"batch": 4})
    checkpoint.save(tmp_path / "deep" / "last.safetensors", network.state_dict(), info)
    loaded, loaded_info = checkpoint.load(tmp_path / "deep" / "last.safetensors")
    assert loaded_info == info
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), loaded.parameters(), strict=True))


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    with pytest.raises(DataError, match="no checkpoint"):
        checkpoint.load(path)
    path.write_bytes(b"not tensors")
    with pytest.raises(DataError, match="not a whole"):
        checkpoint.load(path)
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(DataError, match="not a whole"):
        checkpoint.load(path)
    info = checkpoint.CheckpointInfo("tiny-16", 2, 1, {})
    checkpoint.save(path, make("tiny-8", 2).state_dict(), info)
    with pytest.raises(DataError, match="not a whole"):
        checkpoint.load(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match="not a whole"):
        checkpoint.load(path)


def fill_the_disk(path: Path) -> None:
    with replacing(path) as partial:
        partial.write_bytes(b"half")
        raise OSError(28, "No space left on device")


def test_a_failed_write_keeps_the_last_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    path.write_bytes(b"the last good one")
    with pytest.raises(WriteError, match="No space left"):
        fill_the_disk(path)
    assert path.read_bytes() == b"the last good one"
    assert list(tmp_path.iterdir()) == [path]


# ---- pictures


def test_crops_lie_on_each_other_and_depend_on_the_step() -> None:
    low = np.arange(20 * 30, dtype=np.uint8).reshape(20, 30)
    pair = Pair("ramp", low.repeat(3, 0).repeat(3, 1), low)
    crops = Crops([pair], scale=3, size=7, seed=1)
    small, large = crops.batch(step=5, count=16)
    assert small.shape == (16, 1, 7, 7)
    assert np.array_equal(large, small.repeat(3, 2).repeat(3, 3))
    assert np.array_equal(small, crops.batch(step=5, count=16)[0])
    assert not np.array_equal(small, crops.batch(step=6, count=16)[0])


def test_pairs_come_from_the_cache_unchanged(photos: Path, tmp_path: Path) -> None:
    fresh, cached = (load_pairs(photos, 3, tmp_path) for _ in range(2))
    assert len(list(tmp_path.iterdir())) == 1
    for a, b in zip(fresh, cached, strict=True):
        assert a.high.shape == (69, 90)
        assert a.low.shape == (23, 30)
        assert np.array_equal(a.high, b.high)
        assert np.array_equal(a.low, b.low)


def test_pictures_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no picture"):
        load_pairs(tmp_path, 2, tmp_path)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG")
    with pytest.raises(DataError, match=r"broken\.png"):
        load_pairs(tmp_path, 2, tmp_path)
    plane = np.zeros((8, 8), np.uint8)
    with pytest.raises(DataError, match="80 pixels"):
        Crops([Pair("small", plane, plane)], scale=2, size=40, seed=1)


# ---- evaluation


def test_evaluation_follows_the_protocol(photos: Path) -> None:
    path = photos / "0.png"
    high = read_rgb(path)[:69]
    low = imresize(high, 1 / 3)
    expected = psnr(y_from_rgb(high), y_from_rgb(imresize(low, 3)), border=3)
    assert evaluate_bicubic(path.parent, 3).pictures == 3
    alone = path.parent.parent / "alone"
    alone.mkdir()
    (alone / "0.png").write_bytes(path.read_bytes())
    assert evaluate_bicubic(alone, 3).psnr_y == pytest.approx(expected)
    nearest = evaluate(alone, 3, lambda codes: codes.repeat(3, 0).repeat(3, 1))
    assert nearest.psnr_y < expected


def test_the_upscaler_of_a_network_clips_and_rounds() -> None:
    network = make("tiny-8", 2)
    with torch.no_grad():
        network.get_parameter("tail.project").zero_()
        network.get_parameter("tail.bias").copy_(torch.tensor([1.4 / 255, 1.6 / 255, -1.0, 1.0]))
    low = np.array([[100, 0], [255, 7]], np.uint8)
    result = upscaler_of(network).codes(low[None])[0]
    assert result[::2, ::2].tolist() == [[101, 1], [255, 8]]
    assert result[::2, 1::2].tolist() == [[102, 2], [255, 9]]
    assert (result[1::2, ::2] == 0).all()
    assert (result[1::2, 1::2] == 255).all()


# ---- runs


def test_the_schedules() -> None:
    recipe = Recipe("tiny-8", 2, steps=1000, optimiser=Optimiser(learning_rate=2e-3), schedule=Cosine(warm_up=10))
    assert recipe.learning_rate(0) == pytest.approx(2e-4)
    assert recipe.learning_rate(9) == pytest.approx(2e-3, rel=1e-3)
    assert recipe.learning_rate(500) == pytest.approx(2e-3 * 0.505)
    assert recipe.learning_rate(999) == pytest.approx(2e-5, rel=1e-2)
    stairs = replace(recipe, schedule=Staircase(at=(0.25, 0.5), factor=0.1))
    rates = [stairs.learning_rate(step) for step in (0, 249, 250, 499, 500, 999)]
    assert rates == pytest.approx([2e-3, 2e-3, 2e-4, 2e-4, 2e-5, 2e-5])
    average = Average(decay=0.99, begin=0.5)
    assert average.weight(499, 1000) == 1.0
    assert average.weight(500, 1000) == pytest.approx(0.01)


def test_the_average_follows_then_lags(photos: Path, tmp_path: Path) -> None:
    run = Run(SMALL)
    crops = Crops(load_pairs(photos, 2, tmp_path), 2, SMALL.crop, SMALL.seed)
    for step in range(3):
        run.advance(*crops.batch(step, SMALL.batch))
    before = {name: value.clone() for name, value in run.network.state_dict().items()}
    assert all(torch.equal(run.average[name], value) for name, value in before.items())
    run.advance(*crops.batch(3, SMALL.batch))
    for name, newest in run.network.state_dict().items():
        decay = SMALL.average.decay
        expected = decay * before[name] + (1 - decay) * newest
        assert torch.allclose(run.average[name], expected, atol=1e-7)


def test_training_lowers_the_loss(photos: Path, tmp_path: Path) -> None:
    recipe = replace(SMALL, steps=30, batch=8, schedule=Cosine(warm_up=5))
    final = train(recipe, photos, tmp_path / "run", Watching(every=10, validation=photos))
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in log] == [10, 20, 30]
    assert log[-1]["loss"] < log[0]["loss"]
    network, info = checkpoint.load(final)
    assert (info.network, info.scale, info.step) == ("tiny-8", 2, 30)
    assert log[-1]["psnr_y"] == evaluate_from_rgb(photos, 2, upscaler_of(network).luma).psnr_y


def test_a_resumed_run_equals_an_unbroken_one(photos: Path, tmp_path: Path) -> None:
    unbroken = train(SMALL, photos, tmp_path / "unbroken")
    run = Run(SMALL, short_hash(listing_of(photos)))
    crops = Crops(load_pairs(photos, 2, tmp_path / "cache"), 2, SMALL.crop, SMALL.seed)
    for step in range(4):
        run.advance(*crops.batch(step, SMALL.batch))
    run.save(tmp_path / "broken")
    resumed = train(SMALL, photos, tmp_path / "broken")
    assert checkpoint.load(resumed)[1].step == checkpoint.load(unbroken)[1].step == 6
    a, b = load_file(unbroken), load_file(resumed)
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_a_finished_run_is_left_as_it_is(photos: Path, tmp_path: Path) -> None:
    final = train(SMALL, photos, tmp_path / "run")
    before = final.read_bytes()
    assert train(SMALL, photos, tmp_path / "run") == final
    assert final.read_bytes() == before


def test_a_run_is_not_resumed_with_other_settings(photos: Path, tmp_path: Path) -> None:
    train(SMALL, photos, tmp_path / "run")
    with pytest.raises(SettingError, match="has batch 2, not 3"):
        train(replace(SMALL, batch=3), photos, tmp_path / "run")


def test_a_warm_start_takes_all_weights_and_says_whose(photos: Path, tmp_path: Path) -> None:
    donor = train(SMALL, photos, tmp_path / "x2")
    recipe = replace(SMALL, scale=3, warm_start=str(donor))
    run = Run(recipe)
    weights = load_file(donor)
    assert all(torch.equal(p, weights[name]) for name, p in run.network.named_parameters() if "tail" not in name)
    nearest = [0, 0, 1, 0, 0, 1, 2, 2, 3]  # of 2x2 sub-pixels, for each of 3x3
    assert torch.equal(run.network.get_parameter("tail.project"), weights["tail.project"][nearest])
    final = train(recipe, photos, tmp_path / "x3")
    assert checkpoint.load(final)[1].settings["warm_start"] == "tiny-8-x2 at step 6"
    with pytest.raises(SettingError, match="do not fit"):
        Run(replace(recipe, network="tiny-16"))


def test_a_diverging_run_stops_and_keeps_its_checkpoint(photos: Path, tmp_path: Path) -> None:
    recipe = replace(SMALL, steps=40, optimiser=Optimiser(learning_rate=1e15))
    with pytest.raises(ResultError, match=r"(loss is (nan|inf)|weights are not finite) at step"):
        train(recipe, photos, tmp_path / "run", Watching(every=1))
    network, _ = checkpoint.load(tmp_path / "run" / CHECKPOINT)
    assert all(bool(value.isfinite().all()) for value in network.state_dict().values())
