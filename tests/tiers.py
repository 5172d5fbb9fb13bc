"""The tiers that are plain stacks, as such."""

from __future__ import annotations

from framelift.training.networks import tiers
from framelift.training.networks.plain import PlainSR

PLAIN = [tier for tier in tiers.TIERS if tier != "quality"]


def stack(tier: str, scale: int) -> PlainSR:
    """A fresh network of one of `PLAIN`."""
    network = tiers.make(tier, scale)
    assert isinstance(network, PlainSR)
    return network
