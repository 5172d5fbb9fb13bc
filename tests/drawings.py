"""Small pictures for the tests of training."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np


def write_shapes(folder: Path, count: int = 3, height: int = 70, width: int = 90) -> Path:
    """Smooth shapes with sharp edges, as PNG files that are the same each time; returns the folder."""
    rng = np.random.default_rng(5)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        picture = np.full((height, width, 3), rng.integers(0, 256, 3), np.uint8)
        for _ in range(40):
            centre, axes = rng.integers(0, max(height, width), 2).tolist(), rng.integers(2, 25, 2).tolist()
            cv2.ellipse(picture, centre, axes, int(rng.integers(180)), 0, 360, rng.integers(0, 256, 3).tolist(), -1)
        assert cv2.imwrite(str(folder / f"{number}.png"), picture)
    return folder
