"""Starting from the weights of another run."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from . import checkpoint
from .errors import SettingError
from .networks.network import Network
from .networks.plain import PlainSR
from .networks.span import SPAN

_TAILS = {PlainSR: ("tail.project", "tail.bias"), SPAN: ("upsampler.0.weight", "upsampler.0.bias")}
"""The weights with one row a sub-pixel, of the networks that can change their scale."""


def take_weights(network: Network, source: Path) -> str:
    """Start from the checkpoint `source` of the same network; returns whose weights they are.

    From another scale, each sub-pixel of the tail starts as the one of the source's that lies nearest. Raises
    DataError for a file that is no checkpoint, SettingError for one of another network.
    """
    donor, info = checkpoint.load(source)
    weights = donor.state_dict()
    if type(donor) is type(network) and donor.scale != network.scale:
        nearest = _nearest(donor.scale, network.scale, network.channels)
        weights |= {name: weights[name][nearest] for name in _TAILS.get(type(network), ())}
    if _shapes(weights) != _shapes(network.state_dict()):
        raise SettingError(
            f"{source} is a {info.network}-x{info.scale}, whose weights do not fit",
            "start from the same network; only the tiers' and SPAN's weights fit another scale",
        )
    network.load_state_dict(weights)
    return f"{info.network}-x{info.scale} at step {info.step}"


def _nearest(old: int, new: int, channels: int) -> list[int]:
    """For each sub-pixel of each channel at the new scale, the number of the old one."""
    within = [i * old // new * old + j * old // new for i in range(new) for j in range(new)]
    return [channel * old**2 + number for channel in range(channels) for number in within]


def _shapes(weights: dict[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in weights.items()}
