"""Networks of other architectures, by way of spandrel (extra `foreign`)."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from torch import Tensor, nn

from ..errors import DataError
from .network import Network, pad_to_multiple


class ForeignNetwork(Network):
    """Any module that enlarges pictures whose sides are multiples of `multiple`."""

    def __init__(self, model: nn.Module, scale: int, channels: int, multiple: int = 1) -> None:
        super().__init__(scale, channels)
        self.model, self.multiple = model, multiple

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, scale*H, scale*W]."""
        if self.multiple == 1:
            whole: Tensor = self.model(x)
            return whole
        height, width = x.shape[-2:]
        y: Tensor = self.model(pad_to_multiple(x, self.multiple))
        return y[..., : self.scale * height, : self.scale * width]


def foreign_network(weights: dict[str, Tensor]) -> ForeignNetwork:
    """The network whose weights spandrel recognises.

    Raises DataError where spandrel is not installed or cannot be loaded, for weights that it does not know either,
    and for networks that are no upscalers of luma or RGB.
    """
    try:
        spandrel: Any = import_module("spandrel")
    except (ImportError, RuntimeError) as error:  # torchvision beside another torch than its own: RuntimeError
        raise DataError(
            f"the weights are of an unknown architecture, and spandrel is not there to look: {error}",
            "pip install 'framelift[foreign]' with a torch that has a torchvision, or give weights of a known network",
        ) from error
    try:
        found = spandrel.ModelLoader(device="cpu").load_from_state_dict(weights)
    except (spandrel.UnsupportedModelError, RuntimeError, LookupError, ValueError, TypeError) as error:
        reason = " ".join(f"{type(error).__name__} {error}".split())[:200]
        raise DataError(f"spandrel cannot use these weights: {reason}", "give whole weights of an upscaler") from error
    _check_use(found, upscaler=isinstance(found, spandrel.ImageModelDescriptor))
    return ForeignNetwork(found.model, found.scale, found.input_channels, found.size_requirements.multiple_of)


def _check_use(found: Any, *, upscaler: bool) -> None:
    channels = (found.input_channels, found.output_channels)
    if not upscaler or channels not in ((1, 1), (3, 3)) or found.size_requirements.square:
        raise DataError(
            f"{found.architecture.name} from {channels[0]} to {channels[1]} channels does not upscale luma or RGB "
            "pictures of any size",
            "give the weights of a network that does",
        )
