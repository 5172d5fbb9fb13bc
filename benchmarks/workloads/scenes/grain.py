"""`natural` on film: noise over all of it, new in each frame."""

from __future__ import annotations

from collections.abc import Iterator

from ..clip import Clip
from ..drawing import Rgb, add_grain, codes
from .natural import natural_pictures

DEVIATION = 6.0  # codes of 0..255


def grain(clip: Clip) -> Iterator[Rgb]:
    """The frames."""
    for number, picture in enumerate(natural_pictures(clip)):
        add_grain(picture, (clip.seed, number), DEVIATION)
        yield codes(picture)
