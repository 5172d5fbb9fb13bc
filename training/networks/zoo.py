"""The published networks by name, in the sizes of their papers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ..errors import SettingError
from .autoencoder import Autoencoder
from .btsrn import BTSRN
from .carn import CARN
from .edsr import EDSR
from .espcn import ESPCN
from .fsrcnn import FSRCNN
from .interpolation import METHODS, Interpolation
from .lapsrn import LapSRN
from .mdsr import MDSR
from .network import Network
from .rcan import RCAN
from .rdn import RDN
from .rrdbnet import RRDBNet
from .selnet import SelNet
from .span import SPAN
from .srcnn import SRCNN
from .srresnet import SRGANGenerator, SRResNet
from .srvgg import SRVGGNetCompact
from .vdsr import VDSR

CHANNELS = (1, 3)
"""Luma and RGB."""


@dataclass(frozen=True)
class _Entry:
    make: Callable[[int, int], Network]  # of scale and channels
    scales: tuple[int, ...] = (2, 3, 4)


_ZOO = {
    **{method: _Entry(partial(Interpolation, method)) for method in METHODS},
    "srcnn-9-1-5": _Entry(partial(SRCNN, kernels=(9, 1, 5))),
    "srcnn-9-5-5": _Entry(partial(SRCNN, kernels=(9, 5, 5))),
    "srcnn-128-9-3-5": _Entry(partial(SRCNN, kernels=(9, 3, 5), features=(128, 64))),
    "fsrcnn": _Entry(FSRCNN),
    "fsrcnn-s": _Entry(partial(FSRCNN, d=32, s=5, m=1)),
    "espcn": _Entry(ESPCN),
    "vdsr": _Entry(VDSR),
    "autoencoder": _Entry(Autoencoder),
    "lapsrn": _Entry(LapSRN, scales=(2, 4)),
    "srresnet": _Entry(SRResNet),
    "srgan": _Entry(SRGANGenerator),
    "edsr-baseline": _Entry(partial(EDSR, features=64, blocks=16, residual_scale=1.0)),
    "edsr": _Entry(EDSR),
    "mdsr-baseline": _Entry(partial(MDSR, blocks=16)),
    "mdsr": _Entry(MDSR),
    "btsrn": _Entry(BTSRN),
    "selnet": _Entry(SelNet),
    "rdn": _Entry(RDN),
    "rcan": _Entry(RCAN),
    "rrdbnet": _Entry(RRDBNet, scales=(2, 4)),
    "rrdbnet-6": _Entry(partial(RRDBNet, blocks=6), scales=(2, 4)),
    "srvgg": _Entry(SRVGGNetCompact),
    "srvgg-16": _Entry(partial(SRVGGNetCompact, layers=16)),
    "span": _Entry(SPAN),
    "span-48": _Entry(partial(SPAN, features=48)),
    "carn": _Entry(CARN),
    "carn-m": _Entry(partial(CARN, mobile=True)),
}
NAMES = tuple(_ZOO)


def scales_of(name: str) -> tuple[int, ...]:
    """The scales that a network of `NAMES` comes in. Raises SettingError for another name."""
    if name not in _ZOO:
        raise SettingError(f"no network is named {name!r}", f"choose one of {', '.join(NAMES)}")
    return _ZOO[name].scales


def make(name: str, scale: int, channels: int) -> Network:
    """A fresh network. Raises SettingError for a name, a scale or a number of channels that there is not."""
    for value, allowed, what in ((scale, scales_of(name), "scale"), (channels, CHANNELS, "number of channels")):
        if value not in allowed:
            raise SettingError(
                f"{name} has no {what} {value}", f"choose one of {', '.join(str(each) for each in allowed)}"
            )
    return _ZOO[name].make(scale, channels)
