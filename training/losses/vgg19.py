"""VGG19's convolutions, whose features perceptual losses compare (Simonyan and Zisserman, ICLR 2015).

Written here because nothing else of torchvision is needed. Its published weights fit: the ninth module of its
`features` is `features.8` there and here.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from ..errors import DataError, SettingError

PUBLISHED_SHA256 = "dcbb9e9d"
"""How the sha256 of torchvision's `vgg19-dcbb9e9d.pth` (ImageNet) begins, as its name says."""

_BLOCKS = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))  # convolutions, channels; a 2x2 max pool after each block
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, RGB in 0..1


def _layout() -> list[tuple[str, int, int]]:
    """(name, input channels, output channels) in order; pools and activations take part, for they are numbered too."""
    layers, channels = [], 3
    for block, (count, width) in enumerate(_BLOCKS, 1):
        for number in range(1, count + 1):
            layers += [(f"conv{block}_{number}", channels, width), (f"relu{block}_{number}", width, width)]
            channels = width
        layers.append((f"pool{block}", width, width))
    return layers


LAYERS = tuple(name for name, _, _ in _layout())
"""conv1_1, relu1_1, conv1_2, ... pool5: `conv` before the activation, `relu` after it."""


class VGG19(nn.Module):
    """RGB [N, 3, H, W] in 0..1, or luma [N, 1, H, W] as a grey picture -> the features of the chosen layers.

    Block b, counted from 1, has features [N, 64 * 2^(b-1) or 512 at most, H / 2^(b-1), W / 2^(b-1)], rounded down.
    Only what the deepest chosen layer needs is built; all of it has 20,024,384 parameters. They are frozen.
    """

    def __init__(self, layers: tuple[str, ...]) -> None:
        """Raises SettingError for a name that is not in `LAYERS`."""
        super().__init__()
        for name in layers:
            if name not in LAYERS:
                raise SettingError(f"VGG19 has no layer {name!r}", f"choose from {', '.join(LAYERS)}")
        self.chosen = layers
        depth = 1 + max(LAYERS.index(name) for name in layers)
        modules = [_module(*layer) for layer in _layout()[:depth]]
        self.features = nn.Sequential(*modules)
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(_STD).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False).eval()

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Layer name -> features."""
        x = (x.expand(-1, 3, -1, -1) - self.get_buffer("mean")) / self.get_buffer("std")
        found = {}
        for name, module in zip(LAYERS, self.features, strict=False):
            x = module(x)
            if name in self.chosen:
                found[name] = x
        return found


def load_vgg19(layers: tuple[str, ...], weights: Path, sha256: str = PUBLISHED_SHA256) -> VGG19:
    """VGG19 with the weights in the file `weights`, a `.pth` or `.safetensors` with torchvision's names.

    `sha256` is what the file's sha256 must be or begin with. Nothing is downloaded. Raises DataError for a file that
    is missing, another, or not such weights; SettingError for an unknown layer or a sha256 of less than 8 digits.
    """
    network = VGG19(layers)
    if len(sha256) < len(PUBLISHED_SHA256):
        raise SettingError(f"{sha256!r} is too short for a sha256", "give 8 to 64 hexadecimal digits")
    hint = "torchvision publishes VGG19's as vgg19-dcbb9e9d.pth; give its path, or the sha256 of your own file"
    if not weights.is_file():
        raise DataError(f"there are no VGG19 weights {weights}", hint)
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if not digest.startswith(sha256.lower()):
        raise DataError(f"{weights} has the sha256 {digest}, not {sha256}", hint)
    try:
        stored = load_file(weights) if weights.suffix == ".safetensors" else torch.load(weights, weights_only=True)
        network.load_state_dict({name: stored[name] for name in network.state_dict()})
    except (SafetensorError, UnpicklingError, EOFError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise DataError(f"{weights} does not hold VGG19's weights: {error}", hint) from error
    return network


def _module(name: str, channels_in: int, channels_out: int) -> nn.Module:
    if name.startswith("conv"):
        return nn.Conv2d(channels_in, channels_out, 3, padding=1)
    return nn.ReLU() if name.startswith("relu") else nn.MaxPool2d(2)
