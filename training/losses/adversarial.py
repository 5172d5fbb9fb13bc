"""Adversarial losses: pairs of functions of a discriminator's scores for true pictures and for a network's results.

Scores are logits, without a sigmoid, of any shape: [N, 1] for a picture as a whole, [N, 1, H, W] for each pixel
(U-Net). Every function takes (real, fake) and gives a scalar to be lowered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..errors import SettingError

ScoreLoss = Callable[[Tensor, Tensor], Tensor]
"""(real, fake) -> scalar."""


@dataclass(frozen=True)
class Adversarial:
    """What the discriminator lowers, and what the generator lowers against it.

    `penalised` says that the discriminator also needs `gradient_penalty`. The generator's needs no real scores
    where it is not relativistic, and takes them all the same.
    """

    discriminator: ScoreLoss
    generator: ScoreLoss
    penalised: bool = False


def says_real(logits: Tensor) -> Tensor:
    """Cross-entropy of the logits with "real": mean of -log sigmoid(x), in the form that does not overflow."""
    return F.softplus(-logits).mean()


def says_fake(logits: Tensor) -> Tensor:
    """Cross-entropy of the logits with "fake": mean of -log(1 - sigmoid(x))."""
    return F.softplus(logits).mean()


def _relative(a: Tensor, b: Tensor) -> Tensor:
    """How much more real `a` is than `b` is on average."""
    return a - b.mean()


ADVERSARIAL = {
    # Goodfellow et al., NeurIPS 2014, with the generator's loss that does not saturate.
    "vanilla": Adversarial(
        discriminator=lambda real, fake: says_real(real) + says_fake(fake),
        generator=lambda _, fake: says_real(fake),
    ),
    # Least squares: Mao et al., ICCV 2017, eq. 9.
    "lsgan": Adversarial(
        discriminator=lambda real, fake: 0.5 * ((real - 1) ** 2).mean() + 0.5 * (fake**2).mean(),
        generator=lambda _, fake: 0.5 * ((fake - 1) ** 2).mean(),
    ),
    # Wasserstein distance with gradient penalty: Gulrajani et al., NeurIPS 2017.
    "wgan-gp": Adversarial(
        discriminator=lambda real, fake: fake.mean() - real.mean(),
        generator=lambda _, fake: -fake.mean(),
        penalised=True,
    ),
    # Relativistic average: Jolicoeur-Martineau, ICLR 2019; halved as in the training of ESRGAN, whose weights hold.
    "relativistic": Adversarial(
        discriminator=lambda real, fake: 0.5 * (says_real(_relative(real, fake)) + says_fake(_relative(fake, real))),
        generator=lambda real, fake: 0.5 * (says_fake(_relative(real, fake)) + says_real(_relative(fake, real))),
    ),
}
"""By name."""


def adversarial(kind: str) -> Adversarial:
    """One of `ADVERSARIAL`. Raises SettingError for another name."""
    if kind not in ADVERSARIAL:
        raise SettingError(f"no adversarial loss is named {kind!r}", f"choose one of {', '.join(ADVERSARIAL)}")
    return ADVERSARIAL[kind]


def gradient_penalty(discriminator: nn.Module, real: Tensor, fake: Tensor, share: Tensor) -> Tensor:
    """Mean of (|gradient of the score| - 1)^2 between true pictures and results (Gulrajani et al., eq. 3).

    `real` and `fake` are pictures [N, C, H, W]; `share` [N, 1, 1, 1] in 0..1, drawn evenly by the caller, says how
    far from `fake` to `real` the discriminator is asked. It must not mix pictures of a batch: no batch normalisation.
    """
    between = (share * real.detach() + (1 - share) * fake.detach()).requires_grad_()
    scores = discriminator(between)
    (gradient,) = torch.autograd.grad(scores.sum(), between, create_graph=True)
    steepness: Tensor = gradient.flatten(1).norm(dim=1)
    return ((steepness - 1) ** 2).mean()
