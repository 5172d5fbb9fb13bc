"""The recipes by name: our tiers, their twins, and the published networks after their papers.

A published recipe has its paper's loss, crop, batch and course of the learning rate; where a paper has SGD, Adam stands
in, which needs no tuning here. Crops are in low-resolution pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from .compressed import CompressedSettings
from .data import Compressed, Degraded
from .errors import SettingError
from .losses.perceptual import PerceptualSettings
from .losses.schedule import DiscriminatorSchedule
from .losses.weighted import ESRGAN, REAL_ESRGAN, WeightedLoss
from .recipe import Average, Optimiser, Recipe, Rivalry
from .schedules import Cosine, Staircase

_L1, _L2 = WeightedLoss(l1=1.0), WeightedLoss(l2=1.0)
_NO_AVERAGE = Average(decay=0.0, begin=1.0)
_PAPERS_ADAM = (0.9, 0.999)


def _tier(network: str, steps: int, rate: float, batch: int = 16) -> Callable[[int], Recipe]:
    return lambda scale: Recipe(network, scale, steps=steps, batch=batch, optimiser=Optimiser(learning_rate=rate))


def _live(network: str, steps: int, rate: float, clean: int) -> Callable[[int], Recipe]:
    """Fine-tunes a clean twin, given as the warm start.

    Each photograph comes `clean` times as it is beside eight that a codec went over: with two, tiny-16 lost 0.7 dB on
    clean pictures, with ten 0.15 dB, and half of what it gained at CRF 36.
    """
    data = Compressed(CompressedSettings(clean=clean))
    return lambda scale: Recipe(network, scale, steps=steps, data=data, optimiser=Optimiser(learning_rate=rate), seed=2)


def _luma(network: str, rate: float, steps: int, loss: WeightedLoss = _L2) -> Callable[[int], Recipe]:
    """The first networks: luma, small crops, Adam at one rate that falls at the end."""
    return lambda scale: Recipe(
        network,
        scale,
        steps=steps,
        loss=loss,
        optimiser=Optimiser(learning_rate=rate, betas=_PAPERS_ADAM),
        schedule=Staircase(at=(0.8,), factor=0.1),
        average=_NO_AVERAGE,
    )


def _vdsr(scale: int) -> Recipe:
    """Kim et al., CVPR 2016: batch 64, weight decay 1e-4, gradients clipped, the rate a tenth each quarter."""
    return Recipe(
        "vdsr",
        scale,
        steps=80_000,
        batch=64,
        crop=max(8, 41 // scale),
        loss=_L2,
        optimiser=Optimiser(learning_rate=1e-3, betas=_PAPERS_ADAM, weight_decay=1e-4, clip=0.4),
        schedule=Staircase(at=(0.25, 0.5, 0.75), factor=0.1),
        average=_NO_AVERAGE,
    )


def _residual(
    network: str, crop: int, *, rate: float = 1e-4, steps: int = 1_000_000, batch: int = 16, loss: WeightedLoss = _L1
) -> Callable[[int], Recipe]:
    """EDSR's recipe (Lim et al., CVPRW 2017), which most followed: RGB, L1, Adam, half the rate each 200,000 steps."""
    return lambda scale: Recipe(
        network,
        scale,
        channels=3,
        steps=steps,
        batch=batch,
        crop=crop,
        loss=loss,
        optimiser=Optimiser(learning_rate=rate, betas=_PAPERS_ADAM),
        schedule=Staircase(at=tuple(at / steps for at in range(200_000, steps, 200_000))),
        average=_NO_AVERAGE,
    )


def _carn(network: str) -> Callable[[int], Recipe]:
    """Ahn et al., ECCV 2018, at one scale: batch 64, half the rate after two thirds, gradients clipped."""
    return lambda scale: Recipe(
        network,
        scale,
        channels=3,
        steps=600_000,
        batch=64,
        crop=64 // scale,
        optimiser=Optimiser(learning_rate=1e-4, betas=_PAPERS_ADAM, clip=10.0),
        schedule=Staircase(at=(2 / 3,)),
        average=_NO_AVERAGE,
    )


def _srgan(scale: int) -> Recipe:
    """Ledig et al., CVPR 2017: features of VGG19 and a thousandth of the discriminator; warm start srresnet.

    Features are compared by L1, as in ESRGAN, where the paper has squares.
    """
    return Recipe(
        "srgan",
        scale,
        channels=3,
        steps=200_000,
        crop=96 // scale,
        loss=WeightedLoss(perceptual=1.0, adversarial=1e-3),
        rivalry=Rivalry("srgan", "vanilla"),
        optimiser=Optimiser(learning_rate=1e-4, betas=_PAPERS_ADAM),
        schedule=Staircase(at=(0.5,), factor=0.1),
        average=_NO_AVERAGE,
    )


def _esrgan(scale: int) -> Recipe:
    """Wang et al., ECCVW 2018; warm start rrdbnet."""
    return Recipe(
        "rrdbnet",
        scale,
        channels=3,
        steps=400_000,
        crop=128 // scale // 16 * 16,  # so that the discriminator can halve it four times
        loss=ESRGAN,
        rivalry=Rivalry("srgan", "relativistic"),
        optimiser=Optimiser(learning_rate=1e-4),
        schedule=Staircase(at=(0.125, 0.25, 0.5, 0.75)),
        average=_NO_AVERAGE,
    )


def _real(network: str, steps: int, rate: float, *, adversarial: bool) -> Callable[[int], Recipe]:
    """Wang et al., ICCVW 2021: degraded twice; its second stage has a U-Net and starts warm from the first."""
    return lambda scale: Recipe(
        network,
        scale,
        channels=3,
        steps=steps,
        batch=48,
        crop=256 // scale // 8 * 8,  # likewise, three times
        data=Degraded("second-order"),
        loss=REAL_ESRGAN if adversarial else _L1,
        rivalry=Rivalry("unet", "vanilla") if adversarial else None,
        optimiser=Optimiser(learning_rate=rate),
        schedule=Staircase(at=()),
        average=Average(decay=0.999, begin=0.0),
    )


def _looks(scale: int) -> Recipe:
    """A twin of `quality` for looks, from its weights: the discriminator learns alone for a while first."""
    return Recipe(
        "quality",
        scale,
        steps=100_000,
        crop=48,
        loss=WeightedLoss(l1=1.0, fft=0.05, adversarial=0.05),
        rivalry=Rivalry("unet", "vanilla", DiscriminatorSchedule(lead=1_000)),
        optimiser=Optimiser(learning_rate=1e-4),
        schedule=Cosine(warm_up=0),
    )


RECIPES: Mapping[str, Callable[[int], Recipe]] = {  # of the scale
    "tiny-8": _tier("tiny-8", 230_000, 1e-3),
    "tiny-16": _tier("tiny-16", 190_000, 1e-3),
    "fast-32": _tier("fast-32", 500_000, 5e-4, batch=32),
    "quality": _tier("quality", 500_000, 5e-4, batch=32),
    "tiny-8-live": _live("tiny-8", 60_000, 5e-4, clean=5),
    "tiny-16-live": _live("tiny-16", 30_000, 3e-4, clean=10),
    "fast-32-live": _live("fast-32", 150_000, 3e-4, clean=10),
    "quality-live": _live("quality", 150_000, 3e-4, clean=10),
    "quality-gan": _looks,
    **{name: _luma(name, 1e-4, 1_000_000) for name in ("srcnn-9-1-5", "srcnn-9-5-5", "srcnn-128-9-3-5")},
    "fsrcnn": _luma("fsrcnn", 1e-3, 500_000),
    "fsrcnn-s": _luma("fsrcnn-s", 1e-3, 500_000),
    "espcn": _luma("espcn", 1e-3, 500_000),
    "lapsrn": _luma("lapsrn", 1e-4, 500_000, WeightedLoss(charbonnier=1.0)),
    "vdsr": _vdsr,
    "autoencoder": _residual("autoencoder", 48, steps=200_000, loss=_L2),
    "srresnet": _residual("srresnet", 24, loss=_L2),
    "edsr-baseline": _residual("edsr-baseline", 48),
    "edsr": _residual("edsr", 48),
    "mdsr-baseline": _residual("mdsr-baseline", 48),
    "mdsr": _residual("mdsr", 48),
    "btsrn": _residual("btsrn", 48, steps=400_000),
    "selnet": _residual("selnet", 40, steps=400_000),
    "rdn": _residual("rdn", 32),
    "rcan": _residual("rcan", 48),
    "rrdbnet": _residual("rrdbnet", 32, rate=2e-4),
    "rrdbnet-6": _residual("rrdbnet-6", 32, rate=2e-4),
    "span": _residual("span", 64, rate=5e-4, batch=64),
    "span-48": _residual("span-48", 64, rate=5e-4, batch=64),
    "carn": _carn("carn"),
    "carn-m": _carn("carn-m"),
    "srgan": _srgan,
    "esrgan": _esrgan,
    "real-esrnet": _real("rrdbnet", 1_000_000, 2e-4, adversarial=False),
    "real-esrgan": _real("rrdbnet", 400_000, 1e-4, adversarial=True),
    "srvgg": _real("srvgg", 1_000_000, 2e-4, adversarial=False),
    "srvgg-16": _real("srvgg-16", 1_000_000, 2e-4, adversarial=False),
    "srvgg-gan": _real("srvgg", 400_000, 1e-4, adversarial=True),
}
"""Every network that can be trained has one of its name."""

_LAYERS = {  # of VGG19, and how much each counts
    "srgan": {"relu5_4": 0.006},
    "real-esrgan": {"conv1_2": 0.1, "conv2_2": 0.1, "conv3_4": 1.0, "conv4_4": 1.0, "conv5_4": 1.0},
    "srvgg-gan": {"conv1_2": 0.1, "conv2_2": 0.1, "conv3_4": 1.0, "conv4_4": 1.0, "conv5_4": 1.0},
}


def recipe_named(name: str, scale: int, vgg: str | None = None, *, vgg_sha256: str | None = None) -> Recipe:
    """One of `RECIPES`; `vgg` is the path of VGG19's weights, which recipes with a perceptual loss need.

    `vgg_sha256` is for other weights than the published ones. Raises SettingError for a name or a scale that there
    is not, and for weights that are missing or of no use to the recipe.
    """
    if name not in RECIPES:
        raise SettingError(f"no recipe is named {name!r}", f"choose one of {', '.join(RECIPES)}")
    if scale not in (2, 3, 4):
        raise SettingError(f"scale {scale} is not allowed", "choose 2, 3 or 4")
    if vgg_sha256 is not None and vgg is None:
        raise SettingError("there is a sha256, and no weights of VGG19", "give both, or neither")
    recipe = RECIPES[name](scale)
    if recipe.loss.perceptual and vgg is None:
        raise SettingError(f"{name} needs VGG19's weights", "give the path of vgg19-dcbb9e9d.pth")
    if vgg is None:
        return recipe
    if not recipe.loss.perceptual:
        raise SettingError(f"{name} has no perceptual loss", "leave VGG19's weights out")
    settings = PerceptualSettings(vgg, layers=_LAYERS.get(name, {"conv5_4": 1.0}))
    return replace(recipe, perceptual=replace(settings, sha256=vgg_sha256) if vgg_sha256 else settings)
