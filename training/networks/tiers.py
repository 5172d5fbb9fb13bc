"""The tiers by name: how large each of the family's networks is."""

from __future__ import annotations

from ..errors import SettingError
from .plain import PlainSR

_SHAPES = {"tiny-8": (8, 6), "tiny-16": (16, 6)}  # channels, layers
TIERS = tuple(_SHAPES)
SCALES = (2, 3, 4)


def make(tier: str, scale: int) -> PlainSR:
    """A fresh network of a tier. Raises SettingError for what is not in `TIERS` and `SCALES`."""
    if tier not in TIERS:
        raise SettingError(f"no tier is named {tier!r}", f"choose one of {', '.join(TIERS)}")
    if scale not in SCALES:
        raise SettingError(f"scale {scale} is not allowed", f"choose one of {', '.join(map(str, SCALES))}")
    channels, layers = _SHAPES[tier]
    return PlainSR(channels, layers, scale)
