"""Every pixel is new in every frame."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..clip import Clip
from ..drawing import Rgb


def noise(clip: Clip) -> Iterator[Rgb]:
    """The frames."""
    for number in range(clip.frames):
        rng = np.random.default_rng([clip.seed, number])
        yield rng.integers(0, 256, (clip.height, clip.width, 3), np.uint8)
