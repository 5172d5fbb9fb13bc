"""The tiers by name: which network each is, and how large."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..errors import SettingError
from .network import Network
from .plain import PlainSR
from .span import SPAN

_TIERS: dict[str, Callable[[int], Network]] = {  # of the scale
    "tiny-8": partial(PlainSR, 8, 6),
    "tiny-16": partial(PlainSR, 16, 6),
    "fast-32": partial(PlainSR, 32, 10),
    "quality": partial(SPAN, channels=1, features=48),
}
TIERS = tuple(_TIERS)
"""The smallest first."""
SCALES = (2, 3, 4)


def make(tier: str, scale: int) -> Network:
    """A fresh network of a tier, for luma. Raises SettingError for what is not in `TIERS` and `SCALES`."""
    if tier not in TIERS:
        raise SettingError(f"no tier is named {tier!r}", f"choose one of {', '.join(TIERS)}")
    if scale not in SCALES:
        raise SettingError(f"scale {scale} is not allowed", f"choose one of {', '.join(map(str, SCALES))}")
    return _TIERS[tier](scale)
