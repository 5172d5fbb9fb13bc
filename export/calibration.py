"""The pictures a network is calibrated on: crops of training photographs."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from ..training.crops import Crops
from ..training.photos import bicubic_pair, photo_paths
from ..training.run import as_input

CROPS, SIZE = 32, 96
"""Enough that others or more of them move the result by 0.02 dB or less; SIZE is in pixels a side."""


def calibration_crops(photos: Path, scale: int) -> Tensor:
    """[CROPS, 1, SIZE, SIZE] in 0..1, from photographs of all over the folder reduced by `scale`.

    The same folder gives the same crops. Raises DataError for a folder without photographs that are large enough.
    """
    paths = photo_paths(photos)
    spread = paths[:: max(1, len(paths) // CROPS)][:CROPS]
    pairs = [bicubic_pair(path, scale) for path in spread]
    low, _ = Crops(pairs, scale, SIZE, seed=0).batch(0, CROPS)
    return as_input(low)
