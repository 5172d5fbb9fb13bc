"""The still scene behind `natural` and nothing else: a camera that pans, one that zooms, one that stands."""

from __future__ import annotations

from collections.abc import Iterator

from ..clip import Clip
from ..drawing import Rgb, codes
from ..stage import natural_stage, views

_PAN = 1 / 128  # of the width a frame: 5 pixels of 640, the whole width in 5 s at 25 frames a second
_ZOOM = 1.0


def pan(clip: Clip) -> Iterator[Rgb]:
    """Everything moves across, alike."""
    return map(codes, views(natural_stage(clip), clip, pan=clip.width * _PAN))


def zoom(clip: Clip) -> Iterator[Rgb]:
    """To twice the size and back, every 4 s."""
    return map(codes, views(natural_stage(clip), clip, zoom=_ZOOM))


def static(clip: Clip) -> Iterator[Rgb]:
    """Nothing changes."""
    return map(codes, views(natural_stage(clip), clip))
