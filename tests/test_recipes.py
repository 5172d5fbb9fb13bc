"""The recipes by name: all are whole, reach what they name, and train a few steps where they are small enough."""

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
from drawings import write_shapes
from framelift.training.compressed import CompressedSettings
from framelift.training.data import CHAINS, Bicubic, Compressed, Degraded, Paired, PhotoFiles, batches_of
from framelift.training.degradations.video import RandomVideo
from framelift.training.errors import DataError, SettingError
from framelift.training.losses.weighted import WeightedLoss
from framelift.training.networks import named, zoo
from framelift.training.networks.interpolation import METHODS
from framelift.training.networks.tiers import TIERS
from framelift.training.photos import photo_paths, read_rgb
from framelift.training.recipe import Recipe, Rivalry, settings_of
from framelift.training.recipes import RECIPES, recipe_named
from framelift.training.run import CHECKPOINT
from framelift.training.schedules import Cosine
from framelift.training.train import train


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shapes(tmp_path_factory.mktemp("photos"))


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_fits_its_network_and_survives_json(name: str) -> None:
    for scale in (2, 3, 4):
        recipe = RECIPES[name](scale)
        if recipe.network in zoo.NAMES and scale not in zoo.scales_of(recipe.network):
            continue
        with torch.device("meta"):
            network = named.make(recipe.network, scale, recipe.channels)
        assert (network.scale, network.channels) == (scale, recipe.channels)
        settings = settings_of(recipe)
        assert json.loads(json.dumps(settings)) == settings
        rates = [recipe.learning_rate(step) for step in range(0, recipe.steps, recipe.steps // 20)]
        assert 0 < min(rates) <= max(rates) <= recipe.optimiser.learning_rate


def test_every_network_that_learns_has_a_recipe() -> None:
    assert {*TIERS, *zoo.NAMES} - {make(2).network for make in RECIPES.values()} == set(METHODS)
    assert {f"{tier}-live" for tier in TIERS} <= RECIPES.keys()


def test_what_a_recipe_needs_is_asked_for() -> None:
    with pytest.raises(SettingError, match=r"no recipe is named 'tiny-9'.*"):
        recipe_named("tiny-9", 2)
    with pytest.raises(SettingError, match="scale 5"):
        recipe_named("tiny-8", 5)
    with pytest.raises(SettingError, match="esrgan needs VGG19's weights"):
        recipe_named("esrgan", 4)
    with pytest.raises(SettingError, match="has no perceptual loss"):
        recipe_named("tiny-8", 2, "vgg.pth")
    perceptual = recipe_named("real-esrgan", 4, "vgg.pth", vgg_sha256="0123456789").perceptual
    assert perceptual is not None
    assert (perceptual.weights, perceptual.sha256, len(perceptual.layers)) == ("vgg.pth", "0123456789", 5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch": 0}, "batch is 0"),
        ({"loss": WeightedLoss(adversarial=1.0)}, "go together"),
        ({"rivalry": Rivalry()}, "go together"),
        ({"loss": WeightedLoss(adversarial=1.0), "rivalry": Rivalry(), "crop": 11}, "22 x 22 pixels"),
        ({"loss": WeightedLoss(rank_content=1.0)}, "no ranker"),
    ],
)
def test_settings_that_cannot_go_together_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        replace(Recipe("tiny-8", 2), **changes)  # type: ignore[arg-type]  # each is of its field's type


def test_a_critic_that_mixes_pictures_has_no_penalty() -> None:
    with pytest.raises(SettingError, match="batch normalisation"):
        Rivalry("srgan", "wgan-gp")


def test_a_network_without_weights_is_not_trained(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="nothing to train"):
        train(Recipe("bicubic", 2), photos, tmp_path / "run")


def short(name: str, scale: int = 2) -> Recipe:
    """A recipe for a few steps on tiny crops."""
    recipe = RECIPES[name](scale)
    rivalry = replace(recipe.rivalry, features=4) if recipe.rivalry else None
    return replace(recipe, steps=2, batch=2, crop=8, rivalry=rivalry)


@pytest.mark.parametrize(
    "name", ["tiny-8", "quality", "quality-gan", "srcnn-9-1-5", "fsrcnn", "lapsrn", "vdsr", "carn-m", "srvgg-16"]
)
def test_a_recipe_trains_from_a_folder_of_photographs(name: str, photos: Path, tmp_path: Path) -> None:
    recipe = short(name)
    loss = WeightedLoss(l1=1.0, adversarial=0.1) if recipe.loss.perceptual else recipe.loss
    final = train(replace(recipe, loss=loss), photos, tmp_path / "run")
    assert final == tmp_path / "run" / CHECKPOINT


def test_a_live_twin_starts_from_its_clean_one(tmp_path: Path) -> None:
    photos = write_shapes(tmp_path / "large", height=200, width=208)
    clean = train(short("tiny-8"), photos, tmp_path / "clean")
    quick = Compressed(CompressedSettings(variants=1, video=RandomVideo(frames=2)))
    twin = replace(short("tiny-8-live"), data=quick, warm_start=str(clean))
    final = train(twin, photos, tmp_path / "live")
    assert final.read_bytes() != clean.read_bytes()
    with pytest.raises(SettingError, match="compressed pairs have no number of channels 3"):
        train(replace(twin, network="espcn", channels=3, warm_start=None), photos, tmp_path / "rgb")


# ---- data


def test_crops_reduced_on_the_fly_are_those_reduced_ahead(photos: Path, tmp_path: Path) -> None:
    """Both show the same pictures: reduced crops equal parts of the whole reduction."""
    low, high = batches_of(Degraded("bicubic"), photos, tmp_path, scale=2, channels=1, size=12, seed=1).batch(0, 8)
    whole = batches_of(Bicubic(), photos, tmp_path, scale=2, channels=1, size=12, seed=1)
    assert not list(tmp_path.glob("*bicubic*"))
    wanted = {crop.tobytes(): part for crop, part in zip(*reversed(whole.batch(0, 4_000)), strict=True)}
    found = [(part, wanted[crop.tobytes()]) for part, crop in zip(low, high, strict=True) if crop.tobytes() in wanted]
    assert found
    for ours, theirs in found:
        assert np.abs(ours.astype(int) - theirs).max() <= 1


@pytest.mark.parametrize("channels", [1, 3])
def test_paired_folders_give_their_own_reductions(channels: int, photos: Path, tmp_path: Path) -> None:
    for path in photo_paths(photos):
        (tmp_path / "low").mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / "low" / f"{path.stem}x2.png"), read_rgb(path)[::2, ::2, ::-1])
    paired = Paired(str(tmp_path / "low"))
    low, high = batches_of(paired, photos, tmp_path / "cache", scale=2, channels=channels, size=8, seed=1).batch(0, 6)
    assert low.shape == (6, channels, 8, 8)
    turns = [high[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)]  # a turned crop keeps another of each four
    assert all(any(np.array_equal(turned[n], low[n]) for turned in turns) for n in range(6))


@pytest.mark.parametrize("name", CHAINS)
def test_every_chain_reduces_by_its_scale(name: str) -> None:
    for scale in (2, 3):
        picture = np.full((12 * scale, 16 * scale, 3), 0.5, np.float32)
        assert CHAINS[name](scale)(picture, np.random.default_rng(0)).shape == (12, 16, 3)


def test_an_unknown_chain_is_refused() -> None:
    with pytest.raises(SettingError, match="no degradation is named 'rain'"):
        Degraded("rain")


def test_photographs_are_read_when_they_are_asked_for(photos: Path, tmp_path: Path) -> None:
    files = PhotoFiles(photo_paths(photos))
    assert len(files) == 3
    assert np.array_equal(files[1], read_rgb(photos / "1.png"))
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"broken\.png"):
        train(replace(short("srvgg-16")), tmp_path, tmp_path / "run")


def test_the_processes_of_a_run_draw_other_crops(photos: Path, tmp_path: Path) -> None:
    crops = batches_of(Bicubic(), photos, tmp_path, scale=2, channels=3, size=8, seed=1)
    low, high = crops.batch(3, 4)
    for first in (0, 2):
        part = crops.batch(3, 2, first)
        assert np.array_equal(part[0], low[first : first + 2])
        assert np.array_equal(part[1], high[first : first + 2])


def test_the_cosine_starts_warm_and_ends_at_its_floor() -> None:
    cosine = Cosine(warm_up=10, floor=0.1)
    assert cosine.share(0, 1_000) == pytest.approx(0.1, rel=1e-3)
    assert cosine.share(1_000, 1_000) == pytest.approx(0.1)
