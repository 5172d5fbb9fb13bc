"""Several losses, each with its weight, as one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from ..errors import SettingError
from .perceptual import Perceptual
from .pixel import charbonnier, fft, l1, l2, total_variation
from .structure import ssim_loss

PictureLoss = Callable[[Tensor, Tensor], Tensor]
"""(result, truth), both [N, C, H, W] in 0..1 -> scalar."""

BY_NAME: dict[str, PictureLoss] = {
    "l1": l1,
    "l2": l2,
    "charbonnier": charbonnier,
    "fft": fft,
    "ssim": ssim_loss,
    "total_variation": lambda result, _: total_variation(result),
}
"""Those that need a picture and its truth alone. `perceptual` needs a network as well."""


@dataclass(frozen=True)
class WeightedLoss:
    """Part of a recipe: how much each loss counts. `WeightedLoss(l1=1.0, fft=0.05)` is SAFMN's.

    `adversarial` and `rank_content` are here because a recipe balances them with the others; they are computed from
    scores, not from pictures, so `LossSum` leaves them to the loop that has the scores.
    """

    l1: float = 0.0
    l2: float = 0.0
    charbonnier: float = 0.0
    fft: float = 0.0
    ssim: float = 0.0
    total_variation: float = 0.0
    perceptual: float = 0.0
    adversarial: float = 0.0
    rank_content: float = 0.0

    def __post_init__(self) -> None:
        """Raises SettingError for a negative weight, or when nothing counts."""
        for name, weight in asdict(self).items():
            if not weight >= 0:
                raise SettingError(f"the weight of {name} is {weight}", "give 0 or more")
        if not any(asdict(self).values()):
            raise SettingError("no loss has a weight", "give one, such as l1=1")


ESRGAN = WeightedLoss(l1=0.01, perceptual=1.0, adversarial=0.005)
"""Wang et al., ECCVW 2018, with the relativistic adversarial loss."""
REAL_ESRGAN = WeightedLoss(l1=1.0, perceptual=1.0, adversarial=0.1)
"""Wang et al., ICCVW 2021, with the vanilla adversarial loss."""


class LossSum(nn.Module):
    """A result and its truth, both [N, C, H, W] in 0..1 -> the weighted sum, and each weighted part by name."""

    def __init__(self, weights: WeightedLoss, perceptual: Perceptual | None = None) -> None:
        """Raises SettingError when `weights` counts a perceptual loss and none is given."""
        super().__init__()
        self.perceptual = perceptual
        losses = BY_NAME | ({} if perceptual is None else {"perceptual": perceptual})
        counted = {name: weight for name, weight in asdict(weights).items() if weight}
        if "perceptual" in counted and perceptual is None:
            raise SettingError("a perceptual loss needs VGG19's weights", "give the path of vgg19-dcbb9e9d.pth")
        self.parts = [(name, weight, losses[name]) for name, weight in counted.items() if name in losses]

    def forward(self, result: Tensor, truth: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """(sum, parts); the parts are for the log and carry no gradient."""
        parts = {name: weight * loss(result, truth) for name, weight, loss in self.parts}
        total = torch.stack(list(parts.values())).sum() if parts else result.new_zeros(())
        return total, {name: part.detach() for name, part in parts.items()}
