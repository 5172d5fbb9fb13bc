"""Every network there is, by name: our tiers and the published ones."""

from __future__ import annotations

from ..errors import SettingError
from . import tiers, zoo
from .network import Network

NAMES = (*tiers.TIERS, *zoo.NAMES)


def make(name: str, scale: int, channels: int = 1) -> Network:
    """A fresh network. Raises SettingError for a name, a scale or a number of channels that there is not."""
    if name in tiers.TIERS:
        if channels != 1:
            raise SettingError(f"{name} has no number of channels {channels}", "choose 1: the tiers are for luma")
        return tiers.make(name, scale)
    if name in zoo.NAMES:
        return zoo.make(name, scale, channels)
    raise SettingError(f"no network is named {name!r}", f"choose one of {', '.join(NAMES)}")
