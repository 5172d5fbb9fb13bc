"""LPIPS against its formula written out layer by layer, on random weights that are named as the published ones."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from framelift.training.errors import DataError, SettingError
from framelift.training.lpips import BACKBONES, LPIPS, load_lpips
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

Weights = dict[str, Tensor]

PARAMETERS = {"alexnet": 2_469_696, "vgg16": 14_714_688, "squeezenet1_1": 722_496}
"""Of the published networks up to their classifiers: 61,100,840 less 58,631,144, 138,357,544 less 123,642,856 and
1,235,496 less 513,000, by the tables of their papers and torchvision's documentation."""


def lpips_of(name: str, seed: int = 0) -> LPIPS:
    """With random weights, those of the linear layers not negative, as the published ones are."""
    torch.manual_seed(seed)
    lpips = LPIPS(name)
    lpips.linear.load_state_dict({name: torch.rand_like(value) for name, value in lpips.linear.state_dict().items()})
    return lpips


def pictures(side: int, seed: int = 0) -> Tensor:
    return torch.rand(2, 3, side, side + 5, generator=torch.Generator().manual_seed(seed))


def files_of(lpips: LPIPS, folder: Path) -> tuple[Path, Path]:
    """Both files, with the names of torchvision's and of the authors' weights, and a classifier that is not needed."""
    features = {f"features.{name}": value for name, value in lpips.features.state_dict().items()}
    linear = {f"lin{name[0]}.model.1.weight": value for name, value in lpips.linear.state_dict().items()}
    places = folder / f"{lpips.name}.pth", folder / f"{lpips.name}-linear.pth"
    torch.save(features | {"classifier.1.weight": torch.zeros(3, 3)}, places[0])
    torch.save(linear, places[1])
    return places


def alexnet(x: Tensor, w: Weights) -> list[Tensor]:
    """Krizhevsky 2014, table of layers, with torchvision's paddings."""
    a = F.relu(F.conv2d(x, w["0.weight"], w["0.bias"], stride=4, padding=2))
    b = F.relu(F.conv2d(F.max_pool2d(a, 3, 2), w["3.weight"], w["3.bias"], padding=2))
    c = F.relu(F.conv2d(F.max_pool2d(b, 3, 2), w["6.weight"], w["6.bias"], padding=1))
    d = F.relu(F.conv2d(c, w["8.weight"], w["8.bias"], padding=1))
    return [a, b, c, d, F.relu(F.conv2d(d, w["10.weight"], w["10.bias"], padding=1))]


def vgg16(x: Tensor, w: Weights) -> list[Tensor]:
    """Simonyan and Zisserman 2015, column D; the last of each block."""
    found: list[Tensor] = []
    for block in ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28)):
        x = F.max_pool2d(x, 2) if found else x
        for number in block:
            x = F.relu(F.conv2d(x, w[f"{number}.weight"], w[f"{number}.bias"], padding=1))
        found.append(x)
    return found


def squeezenet1_1(x: Tensor, w: Weights) -> list[Tensor]:
    """Iandola et al. 2016, version 1.1: pools before modules 3, 6 and 9, all but the first two fires compared."""

    def fire(x: Tensor, number: int) -> Tensor:
        x = F.relu(F.conv2d(x, w[f"{number}.squeeze.weight"], w[f"{number}.squeeze.bias"]))
        sides = [
            F.conv2d(x, w[f"{number}.expand{k}x{k}.weight"], w[f"{number}.expand{k}x{k}.bias"], padding=k // 2)
            for k in (1, 3)
        ]
        return F.relu(torch.cat(sides, 1))

    def pool(x: Tensor) -> Tensor:
        return F.max_pool2d(x, 3, 2, ceil_mode=True)

    a = F.relu(F.conv2d(x, w["0.weight"], w["0.bias"], stride=2))
    b = fire(fire(pool(a), 3), 4)
    c = fire(fire(pool(b), 6), 7)
    d = fire(pool(c), 9)
    e = fire(d, 10)
    f = fire(e, 11)
    return [a, b, c, d, e, f, fire(f, 12)]


REFERENCES: dict[str, Callable[[Tensor, Weights], list[Tensor]]] = {
    "alexnet": alexnet,
    "vgg16": vgg16,
    "squeezenet1_1": squeezenet1_1,
}


def straight_line(lpips: LPIPS, a: Tensor, b: Tensor) -> list[float]:
    """Equation 1 of the paper, pair by pair and layer by layer."""
    shift, scale = torch.tensor([-0.030, -0.088, -0.188]), torch.tensor([0.458, 0.448, 0.450])
    weights, linear, distances = lpips.features.state_dict(), lpips.linear.state_dict(), []
    for pair in zip(a, b, strict=True):
        scaled = [(((2 * x - 1).permute(1, 2, 0) - shift) / scale).permute(2, 0, 1)[None] for x in pair]
        features = zip(*(REFERENCES[lpips.name](each, weights) for each in scaled), strict=True)
        total = 0.0
        for i, both in enumerate(features):
            x, y = (F.normalize(each[0], dim=0, eps=1e-10) for each in both)
            total += float((linear[f"{i}.weight"].flatten()[:, None, None] * (x - y) ** 2).sum(0).mean())
        distances.append(total)
    return distances


@pytest.mark.parametrize("name", BACKBONES)
def test_it_is_the_paper_s_formula(name: str) -> None:
    lpips, a, b = lpips_of(name), pictures(40, seed=1), pictures(40, seed=2)
    assert lpips(a, b).tolist() == pytest.approx(straight_line(lpips, a, b), rel=1e-4)


@pytest.mark.parametrize(("name", "parameters"), PARAMETERS.items())
def test_backbones_have_the_published_parameters(name: str, parameters: int) -> None:
    with torch.device("meta"):
        assert sum(value.numel() for value in LPIPS(name).features.parameters()) == parameters


@settings(max_examples=10)
@given(seed=st.integers(0, 1000), name=st.sampled_from(["alexnet", "squeezenet1_1"]))
def test_it_is_a_symmetric_distance_that_grows_with_noise(seed: int, name: str) -> None:
    lpips, a = lpips_of(name, seed), pictures(48, seed)
    noise = torch.randn(a.shape, generator=torch.Generator().manual_seed(seed + 1))
    little, much = a + 0.02 * noise, a + 0.3 * noise
    assert lpips(a, a).tolist() == [0.0, 0.0]
    assert torch.allclose(lpips(a, much), lpips(much, a))
    assert (lpips(a, little) > 0).all()
    assert (lpips(a, little) < lpips(a, much)).all()


@pytest.mark.parametrize("name", BACKBONES)
def test_it_takes_pictures_from_its_smallest_size_on(name: str) -> None:
    lpips = lpips_of(name)
    side = lpips.smallest
    assert lpips(pictures(side)[..., :side], pictures(side, 1)[..., :side]).shape == (2,)
    with pytest.raises(ValueError, match=rf"{side} pixels a side or more, not \[2, 3, {side - 1}, "):
        lpips(pictures(side - 1), pictures(side - 1))
    lpips.smallest = 1
    with pytest.raises(RuntimeError):  # so it could not be smaller
        lpips(pictures(side - 1), pictures(side - 1))


def test_other_shapes_are_refused() -> None:
    lpips = lpips_of("alexnet")
    for a, b in ((pictures(40), pictures(41)), (pictures(40)[:, :1], pictures(40)[:, :1]), (pictures(40)[0],) * 2):
        with pytest.raises(ValueError, match="two \\[N, 3, H, W\\] of one shape"):
            lpips(a, b)


@pytest.mark.parametrize("name", ["alexnet", "squeezenet1_1"])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_published_weights_are_recognised(name: str, suffix: str, tmp_path: Path) -> None:
    lpips = lpips_of(name)
    backbone, linear = files_of(lpips, tmp_path)
    if suffix == ".safetensors":
        held = torch.load(backbone, weights_only=True)
        backbone = backbone.with_suffix(suffix)
        save_file({key: value.contiguous() for key, value in held.items()}, backbone)
    loaded, a, b = load_lpips(backbone, linear), pictures(40, 1), pictures(40, 2)
    assert loaded.name == name
    assert torch.equal(loaded(a, b), lpips(a, b))


def test_an_unknown_backbone_is_refused() -> None:
    with pytest.raises(SettingError, match="no backbone 'resnet'"):
        LPIPS("resnet")


def test_files_that_do_not_make_lpips_are_refused(tmp_path: Path) -> None:
    alex, alex_linear = files_of(lpips_of("alexnet"), tmp_path)
    _, squeeze_linear = files_of(lpips_of("squeezenet1_1"), tmp_path)
    damaged = tmp_path / "damaged.pth"
    damaged.write_bytes(alex.read_bytes()[:1000])
    for backbone, linear, words in (
        (alex_linear, alex, "alexnet-linear.pth holds no backbone of LPIPS: alexnet, vgg16, squeezenet1_1"),
        (alex, alex, "alexnet.pth is alexnet, and .*alexnet.pth holds no linear layers"),
        (alex, squeeze_linear, "linear layers for squeezenet1_1"),
        (alex, tmp_path / "absent.pth", "there is no file .*absent.pth"),
        (damaged, alex_linear, "damaged.pth does not hold weights"),
    ):
        with pytest.raises(DataError, match=words):
            load_lpips(backbone, linear)


def test_a_pickle_that_runs_code_is_refused(tmp_path: Path) -> None:
    class Runs:
        def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
            return Path.touch, (tmp_path / "ran",)  # type: ignore[return-value]

    _, linear = files_of(lpips_of("squeezenet1_1"), tmp_path)
    hostile = tmp_path / "hostile.pth"
    hostile.write_bytes(pickle.dumps({"features.0.weight": Runs()}, protocol=2))
    with pytest.raises(DataError, match="does not hold weights"):
        load_lpips(hostile, linear)
    assert not (tmp_path / "ran").exists()
