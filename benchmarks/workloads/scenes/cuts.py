"""Shots of other places, each a part of a second long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..clip import Clip
from ..drawing import Rgb
from .natural import natural

SHOT = 12  # frames


def cuts(clip: Clip) -> Iterator[Rgb]:
    """`natural` by another seed, from its first frame on, in each shot."""
    for number, first in enumerate(range(0, clip.frames, SHOT)):
        yield from natural(replace(clip, frames=min(SHOT, clip.frames - first), seed=clip.seed + number))
