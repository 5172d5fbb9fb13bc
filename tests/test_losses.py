"""Losses: each against a formula computed another way, its gradient, and what is refused."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs the extra `train`")

import torch
from framelift.training.errors import DataError, SettingError
from framelift.training.losses.adversarial import ADVERSARIAL, adversarial, gradient_penalty
from framelift.training.losses.perceptual import Perceptual, PerceptualSettings
from framelift.training.losses.pixel import charbonnier, fft, l1, l2, total_variation
from framelift.training.losses.ranker import MARGIN, rank_content_loss, ranking_loss
from framelift.training.losses.schedule import DiscriminatorSchedule
from framelift.training.losses.structure import ssim_loss
from framelift.training.losses.vgg19 import LAYERS, VGG19, load_vgg19
from framelift.training.losses.weighted import BY_NAME, ESRGAN, REAL_ESRGAN, LossSum, WeightedLoss
from framelift.training.metrics import ssim
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn

Planes = NDArray[np.float64]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def pictures(*shape: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """A result and its truth, not far from each other."""
    generator = torch.Generator().manual_seed(seed)
    truth = torch.rand(shape, generator=generator, dtype=torch.float64)
    return (truth + 0.2 * torch.rand(shape, generator=generator, dtype=torch.float64)).clamp(0, 1), truth


# ---- pictures


def test_losses_of_pixels_are_their_formulas() -> None:
    result, truth = pictures(2, 3, 6, 5)
    d: Planes = (result - truth).numpy()
    assert l1(result, truth).item() == pytest.approx(np.mean(np.abs(d)))
    assert l2(result, truth).item() == pytest.approx(np.mean(d * d))
    assert charbonnier(result, truth).item() == pytest.approx(np.mean(np.sqrt(d * d + 1e-6)))
    x = result.numpy()
    neighbours = np.abs(np.diff(x, axis=2)).mean() + np.abs(np.diff(x, axis=3)).mean()
    assert total_variation(result).item() == pytest.approx(neighbours)


def test_the_fourier_loss_is_that_of_the_transform_written_out() -> None:
    result, truth = pictures(2, 1, 4, 6)
    d: Planes = (result - truth).numpy()
    rows, columns = (np.exp(-2j * np.pi * np.outer(np.arange(n), np.arange(n)) / n) for n in d.shape[2:])
    spectrum = rows @ d @ columns.T
    expected = (np.abs(spectrum.real).mean() + np.abs(spectrum.imag).mean()) / 2
    assert fft(result, truth).item() == pytest.approx(expected)


def test_the_fourier_loss_of_a_shift_in_brightness_is_half_of_it() -> None:
    """Only the coefficient at 0 differs, by the sum of all pixels; the mean is over real and imaginary parts."""
    truth = torch.arange(64).view(1, 1, 8, 8) / 64
    assert fft(truth + 0.25, truth).item() == pytest.approx(0.125)
    assert fft((truth + 0.25).bfloat16(), truth.bfloat16()).item() == pytest.approx(0.125)


def test_the_ssim_loss_is_the_reported_ssim() -> None:
    result, truth = pictures(2, 3, 14, 17)
    pairs = zip((255 * result).numpy().reshape(-1, 14, 17), (255 * truth).numpy().reshape(-1, 14, 17), strict=True)
    expected = np.mean([ssim(a, b) for a, b in pairs])
    assert ssim_loss(result, truth).item() == pytest.approx(1 - expected)
    with pytest.raises(ValueError, match=r"\(10, 20\)"):
        ssim_loss(torch.rand(1, 1, 10, 20), torch.rand(1, 1, 10, 20))


@pytest.mark.parametrize("name", BY_NAME)
def test_gradients_of_picture_losses(name: str) -> None:
    result, truth = pictures(1, 2, 12, 11)
    assert torch.autograd.gradcheck(BY_NAME[name], (result.requires_grad_(), truth))


@pytest.mark.parametrize("name", sorted(set(BY_NAME) - {"total_variation"}))
def test_a_perfect_result_costs_nothing(name: str) -> None:
    _, truth = pictures(1, 1, 12, 12)
    assert BY_NAME[name](truth, truth).item() == pytest.approx(0, abs=1.01e-3)  # of Charbonnier its epsilon remains


# ---- VGG19


def test_vgg19_has_the_layout_its_weights_are_published_in() -> None:
    with torch.device("meta"):
        network = VGG19(("pool5",))
    assert sum(p.numel() for p in network.parameters()) == 20_024_384
    convolutions = [name for name in LAYERS if name.startswith("conv")]
    assert len(convolutions) == 16
    places = {name: LAYERS.index(name) for name in ("conv1_1", "conv1_2", "conv2_2", "conv3_4", "conv4_4", "conv5_4")}
    assert list(places.values()) == [0, 2, 7, 16, 25, 34]
    assert set(network.state_dict()) == {
        f"features.{LAYERS.index(c)}.{p}" for c in convolutions for p in ("weight", "bias")
    }


def convolved(x: Planes, layer: nn.Module) -> Planes:
    """A 3x3 convolution with zero padding of [C, H, W], written out."""
    weight, bias = (layer.get_parameter(name).detach().double().numpy() for name in ("weight", "bias"))
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    return np.asarray(np.einsum("oiyx,ihwyx->ohw", weight, windows) + bias[:, None, None])


def test_features_are_those_of_the_layers_before_and_after_activation() -> None:
    network = VGG19(("conv1_1", "relu1_1", "pool1", "conv2_1")).double()
    x = torch.rand(1, 3, 6, 8, dtype=torch.float64)
    found = {name: features[0].numpy() for name, features in network(x).items()}
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    first = convolved((x[0].numpy() - mean[:, None, None]) / std[:, None, None], network.features[0])
    second = np.maximum(convolved(np.maximum(first, 0), network.features[2]), 0)
    pooled = second.reshape(64, 3, 2, 4, 2).max(axis=(2, 4))
    assert first.min() < 0
    np.testing.assert_allclose(found["conv1_1"], first, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found["relu1_1"], np.maximum(first, 0), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found["pool1"], pooled, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found["conv2_1"], convolved(pooled, network.features[5]), rtol=1e-6, atol=1e-6)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights as far as conv2_1, and a classifier's, as in the published file."""
    path = tmp_path_factory.mktemp("vgg") / "vgg19.pth"
    torch.save(VGG19(("conv2_1",)).state_dict() | {"classifier.0.weight": torch.zeros(3)}, path)
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("digits", [8, 64])
def test_weights_are_loaded_when_their_hash_is_right(weights: Path, digits: int) -> None:
    network = load_vgg19(("conv1_2", "conv2_1"), weights, sha256(weights)[:digits].upper())
    stored = torch.load(weights, weights_only=True)
    assert all(torch.equal(tensor, stored[name]) for name, tensor in network.state_dict().items())
    assert not any(p.requires_grad for p in network.parameters())


def test_weights_come_from_safetensors_too(weights: Path, tmp_path: Path) -> None:
    stored = torch.load(weights, weights_only=True)
    path = tmp_path / "vgg19.safetensors"
    save_file(stored, path)
    network = load_vgg19(("conv1_1",), path, sha256(path))
    assert torch.equal(network.features[0].get_parameter("weight"), stored["features.0.weight"])


def test_other_weights_are_refused(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has the sha256"):
        load_vgg19(("conv1_1",), weights)
    with pytest.raises(DataError, match="there are no"):
        load_vgg19(("conv1_1",), tmp_path / "none.pth")
    with pytest.raises(DataError, match=r"features\.7"):
        load_vgg19(("conv3_1",), weights, sha256(weights))
    with pytest.raises(SettingError, match="conv2_9"):
        load_vgg19(("conv2_9",), weights, sha256(weights))
    with pytest.raises(SettingError, match="too short"):
        load_vgg19(("conv1_1",), weights, "")


@pytest.mark.parametrize("name", ["vgg19.pth", "vgg19.safetensors"])
@pytest.mark.parametrize("content", [b"", b"not weights", b"\x80\x02cos\nsystem\n."])
def test_what_is_no_weights_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match="does not hold"):
        load_vgg19(("conv1_1",), path, sha256(path))


def test_the_perceptual_loss_is_the_weighted_distance_of_features(weights: Path) -> None:
    loss = PerceptualSettings(str(weights), sha256(weights), {"conv1_2": 0.1, "relu2_1": 1.0}).load().double()
    result, truth = pictures(2, 3, 8, 8)
    a, b = loss.vgg(result), loss.vgg(truth)
    expected = 0.1 * (a["conv1_2"] - b["conv1_2"]).abs().mean() + (a["relu2_1"] - b["relu2_1"]).abs().mean()
    assert loss(result, truth).item() == pytest.approx(expected.item())
    assert loss(truth, truth).item() == 0


def test_luma_is_looked_at_as_a_grey_picture() -> None:
    loss = Perceptual(VGG19(("conv1_2",)).double(), {"conv1_2": 1.0})
    result, truth = pictures(2, 1, 8, 8)
    assert loss(result, truth) == loss(result.expand(-1, 3, -1, -1), truth.expand(-1, 3, -1, -1))


def test_the_perceptual_gradient_reaches_the_result_alone() -> None:
    loss = Perceptual(VGG19(("relu1_1",)).double(), {"relu1_1": 1.0})
    result, truth = (picture.requires_grad_() for picture in pictures(1, 1, 3, 3))
    assert torch.autograd.gradcheck(lambda x: loss(x, truth.detach()), (result,))
    loss(result, truth).backward()
    assert result.grad is not None
    assert truth.grad is None


# ---- adversarial


def sigmoid(x: Planes) -> Planes:
    return np.asarray(1 / (1 + np.exp(-x)))


def test_adversarial_losses_are_their_formulas() -> None:
    r, f = np.array([[1.5], [-0.5], [2.0]]), np.array([[-1.0], [0.25], [0.5]])
    ahead, behind = sigmoid(r - f.mean()), sigmoid(f - r.mean())
    expected = {
        "vanilla": (-np.log(sigmoid(r)).mean() - np.log(1 - sigmoid(f)).mean(), -np.log(sigmoid(f)).mean()),
        "lsgan": (((r - 1) ** 2).mean() / 2 + (f**2).mean() / 2, ((f - 1) ** 2).mean() / 2),
        "wgan-gp": (f.mean() - r.mean(), -f.mean()),
        "relativistic": (
            (-np.log(ahead).mean() - np.log(1 - behind).mean()) / 2,
            (-np.log(1 - ahead).mean() - np.log(behind).mean()) / 2,
        ),
    }
    assert set(expected) == set(ADVERSARIAL)
    real, fake = torch.from_numpy(r), torch.from_numpy(f)
    for kind, (discriminator, generator) in expected.items():
        assert adversarial(kind).discriminator(real, fake).item() == pytest.approx(discriminator)
        assert adversarial(kind).generator(real, fake).item() == pytest.approx(generator)


@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_gradients_of_adversarial_losses(kind: str) -> None:
    real, fake = (scores.requires_grad_() for scores in pictures(3, 1, 2, 2))
    assert torch.autograd.gradcheck(ADVERSARIAL[kind].discriminator, (real, fake))
    assert torch.autograd.gradcheck(ADVERSARIAL[kind].generator, (real, fake))


@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_the_two_pull_against_each_other(kind: str) -> None:
    """A fake that scores higher is worse for the discriminator and better for the generator."""
    real, low, high = (torch.full((2, 1), score) for score in (1.0, 0.0, 0.5))
    loss = ADVERSARIAL[kind]
    assert loss.discriminator(real, low) < loss.discriminator(real, high)
    assert loss.generator(real, low) > loss.generator(real, high)


@pytest.mark.parametrize("kind", ["vanilla", "relativistic"])
def test_sure_scores_do_not_overflow(kind: str) -> None:
    far = torch.full((2, 1), 1e4)
    assert ADVERSARIAL[kind].discriminator(-far, far).isfinite()
    assert ADVERSARIAL[kind].generator(far, -far).isfinite()


def test_an_unknown_adversarial_loss_is_refused() -> None:
    with pytest.raises(SettingError, match="hinge"):
        adversarial("hinge")


def test_the_gradient_penalty_of_a_linear_critic_is_known() -> None:
    """Its gradient is its weight everywhere, whatever the pictures and their shares are."""
    linear = nn.Linear(12, 1).double()
    real, fake = pictures(4, 3, 2, 2)
    penalty = gradient_penalty(nn.Sequential(nn.Flatten(), linear), real, fake, torch.rand(4, 1, 1, 1).double())
    length = linear.weight.norm()
    assert penalty.item() == pytest.approx((length.item() - 1) ** 2)
    (gradient,) = torch.autograd.grad(penalty, linear.weight)
    assert torch.allclose(gradient, 2 * (length - 1) * linear.weight / length)


def test_the_gradient_penalty_asks_between_the_pictures() -> None:
    """The critic |x|^2 / 2 has the gradient x: the penalty is that of the mixture's own length."""
    real, fake = pictures(3, 1, 2, 2)
    share = torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64).view(3, 1, 1, 1)

    class Half(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return (x**2).flatten(1).sum(1, keepdim=True) / 2

    between = (share * real + (1 - share) * fake).flatten(1).numpy()
    expected = np.mean((np.sqrt((between**2).sum(1)) - 1) ** 2)
    assert gradient_penalty(Half(), real, fake, share).item() == pytest.approx(expected)


# ---- rankers


def test_a_ranker_is_trained_until_scores_lie_a_margin_apart() -> None:
    first, second = torch.tensor([[2.0], [0.1], [1.0]]), torch.tensor([[1.0], [0.0], [1.0]])
    worse = torch.tensor([[1.0], [1.0], [-1.0]])
    expected = [0.0, MARGIN - 0.1, MARGIN]
    assert ranking_loss(first, second, worse).item() == pytest.approx(sum(expected) / 3)
    swapped = ranking_loss(second, first, -worse)
    assert swapped.item() == pytest.approx(sum(expected) / 3)


def test_a_ranker_trains_a_network_by_the_sigmoid_of_its_scores() -> None:
    scores = torch.tensor([[0.0], [math.log(3)]], dtype=torch.float64, requires_grad=True)
    assert rank_content_loss(scores).item() == pytest.approx((0.5 + 0.75) / 2)
    assert torch.autograd.gradcheck(rank_content_loss, (scores,))


# ---- recipes


@pytest.mark.parametrize(
    ("ratio", "steps"), [(1, [0, 0, 1, 1, 1, 1]), (5, [0, 0, 5, 5, 5, 5]), (0.5, [0, 0, 0, 1, 0, 1])]
)
def test_a_discriminator_starts_when_it_should_and_keeps_its_ratio(ratio: float, steps: list[int]) -> None:
    schedule = DiscriminatorSchedule(start=2, lead=3, ratio=ratio)
    assert [schedule.discriminator_steps(step) for step in range(6)] == steps
    assert [schedule.is_heard(step) for step in range(6)] == [False] * 5 + [True]


def test_a_ratio_holds_over_many_steps() -> None:
    schedule = DiscriminatorSchedule(ratio=1.7)
    assert sum(schedule.discriminator_steps(step) for step in range(1000)) == 1700


def test_the_sum_is_that_of_its_parts() -> None:
    result, truth = pictures(1, 3, 12, 12)
    result.requires_grad_()
    loss = LossSum(WeightedLoss(l1=2.0, fft=0.05, total_variation=0.1))
    total, parts = loss(result, truth)
    assert set(parts) == {"l1", "fft", "total_variation"}
    assert parts["l1"].item() == pytest.approx(2 * l1(result, truth).item())
    assert total.item() == pytest.approx(sum(part.item() for part in parts.values()))
    (gradient,) = torch.autograd.grad(total, result)
    expected = 2 * l1(result, truth) + 0.05 * fft(result, truth) + 0.1 * total_variation(result)
    assert torch.allclose(gradient, torch.autograd.grad(expected, result)[0])


def test_what_comes_from_scores_is_left_to_the_loop() -> None:
    result, truth = pictures(1, 3, 12, 12)
    total, parts = LossSum(WeightedLoss(adversarial=1.0))(result, truth)
    assert total.item() == 0
    assert not parts


def test_the_published_sums(weights: Path) -> None:
    perceptual = load_vgg19(("conv1_1",), weights, sha256(weights))
    loss = LossSum(ESRGAN, Perceptual(perceptual, {"conv1_1": 1.0}))
    result, truth = (picture.float() for picture in pictures(1, 3, 12, 12))
    assert set(loss(result, truth)[1]) == {"l1", "perceptual"}
    with pytest.raises(SettingError, match="VGG19"):
        LossSum(REAL_ESRGAN)


def test_a_recipe_survives_json() -> None:
    weights = WeightedLoss(l1=1.0, fft=0.05)
    assert WeightedLoss(**json.loads(json.dumps(asdict(weights)))) == weights


@pytest.mark.parametrize(("weights", "words"), [({}, "no loss"), ({"l1": -1.0}, "l1 is -1"), ({"l2": math.nan}, "nan")])
def test_weights_that_mean_nothing_are_refused(weights: dict[str, float], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        WeightedLoss(**weights)
