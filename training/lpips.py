"""LPIPS, version 0.1: how different two pictures look, by what networks for recognition make of them.

Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", CVPR 2018, equation 1: the
features of a backbone, scaled to length 1 at each pixel, are subtracted and squared; a learned weight a channel adds
them up; of that, the mean over the pixels and the sum over the layers. 0 is no difference.

Backbones are written here because nothing else of torchvision is needed. Its published weights fit, and so do the
authors' linear layers (`lpips/weights/v0.1`). Neither is downloaded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from .errors import DataError, SettingError
from .published import Weights, read_weights

_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)  # of RGB in -1..1, as the authors have them
_TINY = 1e-10  # keeps a pixel without any feature from a division by zero
_HINT = (
    "give torchvision's AlexNet, VGG16 or SqueezeNet 1.1, and the authors' alex.pth, vgg.pth or squeeze.pth (v0.1) "
    "that belongs to it"
)


class LPIPS(nn.Module):
    """RGB [N, 3, H, W] in 0..1, twice -> [N]. Frozen; H and W are at least `smallest`."""

    def __init__(self, name: str) -> None:
        """With random weights. `name` is one of `BACKBONES`; raises SettingError for another."""
        super().__init__()
        if name not in BACKBONES:
            raise SettingError(f"LPIPS has no backbone {name!r}", f"choose one of {', '.join(BACKBONES)}")
        backbone = BACKBONES[name]
        self.name, self.smallest, self._compared = name, backbone.smallest, backbone.compared
        self.features = backbone.features()
        self.linear = nn.ModuleList(nn.Conv2d(channels, 1, 1, bias=False) for channels in backbone.channels)
        self.register_buffer("shift", torch.tensor(_SHIFT).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("scale", torch.tensor(_SCALE).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False).eval()

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """How different each pair looks; symmetric. Raises ValueError for shapes it does not take."""
        if a.shape != b.shape or a.ndim != 4 or a.shape[1] != 3 or min(a.shape[2:]) < self.smallest:
            raise ValueError(
                f"LPIPS takes two [N, 3, H, W] of one shape, {self.smallest} pixels a side or more, not "
                f"{list(a.shape)} and {list(b.shape)}"
            )
        layers = zip(self.linear, self._directions(a), self._directions(b), strict=True)
        return torch.stack([linear((x - y) ** 2).mean((1, 2, 3)) for linear, x, y in layers]).sum(0)

    def _directions(self, x: Tensor) -> list[Tensor]:
        """The features that are compared, scaled to length 1 at each pixel."""
        x = (2 * x - 1 - self.get_buffer("shift")) / self.get_buffer("scale")
        found = []
        for number, layer in enumerate(self.features):
            x = layer(x)
            if number in self._compared:
                found.append(x / (x.square().sum(1, keepdim=True).sqrt() + _TINY))
        return found


def load_lpips(backbone: Path, linear: Path) -> LPIPS:
    """LPIPS with the weights of two files, `.pth` or `.safetensors`: of the backbone, and of the linear layers for it.

    Which backbone it is, is told by names and shapes. Raises DataError for a file that cannot be read or is not such
    weights, and for linear layers of another backbone.
    """
    features = {
        name.removeprefix("features."): value
        for name, value in read_weights(backbone).items()
        if name.startswith("features.")  # what follows them, for recognition, is not used
    }
    weights = {_LINEAR.sub(r"\1.weight", name): value for name, value in read_weights(linear).items()}
    found = _fitting("features", features)
    if found is None:
        raise DataError(f"{backbone} holds no backbone of LPIPS: {', '.join(BACKBONES)}", _HINT)
    if _fitting("linear", weights) != found:
        other = _fitting("linear", weights)
        what = f"linear layers for {other}" if other else "no linear layers of LPIPS"
        raise DataError(f"{backbone} is {found}, and {linear} holds {what}", _HINT)
    lpips = LPIPS(found)
    lpips.features.load_state_dict(features)
    lpips.linear.load_state_dict(weights)
    return lpips


_LINEAR = re.compile(r"lin(\d+)\.model\.\d+\.weight")


def _fitting(part: str, weights: Weights) -> str | None:
    """The backbone of which `part`, features or linear, has exactly these tensors."""
    shapes = {name: value.shape for name, value in weights.items()}
    for name in BACKBONES:
        with torch.device("meta"):  # takes no memory
            wanted = getattr(LPIPS(name), part).state_dict()
        if shapes == {key: value.shape for key, value in wanted.items()}:
            return name
    return None


@dataclass(frozen=True)
class _Backbone:
    """One of torchvision's, as far as it is needed; its layers have the same numbers there."""

    features: Callable[[], nn.Sequential]
    compared: tuple[int, ...]  # the layers whose results are, all after their activation
    channels: tuple[int, ...]  # of these
    smallest: int  # pixels a side


def _alexnet() -> nn.Sequential:
    """Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014: 2,469,696 parameters."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(),
        nn.MaxPool2d(3, 2), nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(),
        nn.MaxPool2d(3, 2), nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(),
    )  # fmt: skip


def _vgg16() -> nn.Sequential:
    """Simonyan and Zisserman, ICLR 2015, configuration D: 14,714,688 parameters."""
    layers: list[nn.Module] = []
    channels = 3
    for block, (count, width) in enumerate(((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))):
        layers += [nn.MaxPool2d(2)] if block else []
        for _ in range(count):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
    return nn.Sequential(*layers)


def _squeezenet() -> nn.Sequential:
    """Iandola et al., "SqueezeNet", 2016, version 1.1: 722,496 parameters."""

    def pool() -> nn.Module:
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    return nn.Sequential(
        nn.Conv2d(3, 64, 3, stride=2), nn.ReLU(),
        pool(), _Fire(64, 16, 64), _Fire(128, 16, 64),
        pool(), _Fire(128, 32, 128), _Fire(256, 32, 128),
        pool(), _Fire(256, 48, 192), _Fire(384, 48, 192), _Fire(384, 64, 256), _Fire(512, 64, 256),
    )  # fmt: skip


class _Fire(nn.Module):
    """SqueezeNet's module: few channels, then 1x1 and 3x3 side by side."""

    def __init__(self, inputs: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze(x).relu()
        return torch.cat([self.expand1x1(x), self.expand3x3(x)], 1).relu()


BACKBONES = {
    "alexnet": _Backbone(_alexnet, (1, 4, 7, 9, 11), (64, 192, 384, 256, 256), 31),
    "vgg16": _Backbone(_vgg16, (3, 8, 15, 22, 29), (64, 128, 256, 512, 512), 16),
    "squeezenet1_1": _Backbone(_squeezenet, (1, 4, 7, 9, 10, 11, 12), (64, 128, 256, 384, 384, 512, 512), 17),
}
"""By torchvision's names. AlexNet is the authors' choice for measuring, VGG16 for training."""
