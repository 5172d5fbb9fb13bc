"""Pictures side by side, for eyes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .files import replacing

SIDE = 240
"""Pixels a side of the part that is shown."""
_CAPTION = 20


def compared(pictures: Mapping[str, NDArray[np.uint8]], side: int = SIDE) -> NDArray[np.uint8]:
    """The same part of each RGB [H, W, 3], all of one size, in a row under its name: where the last has most detail."""
    last = list(pictures.values())[-1]
    top, left, size = _busiest(last, min(side, *last.shape[:2]))
    panels = [_captioned(name, p[top : top + size, left : left + size]) for name, p in pictures.items()]
    return np.concatenate(panels, axis=1)


def write_png(path: Path, rgb: NDArray[np.uint8]) -> None:
    """Whole or not at all. Raises WriteError."""
    written, png = cv2.imencode(".png", np.ascontiguousarray(rgb[..., ::-1]))
    assert written, "OpenCV writes any 8-bit picture as PNG"
    with replacing(path) as partial:
        partial.write_bytes(png.tobytes())


def _busiest(rgb: NDArray[np.uint8], side: int) -> tuple[int, int, int]:
    """(top, left, side) of the square, on a grid of half squares, with the largest differences of neighbours."""
    grey = rgb.mean(axis=2)
    detail = np.abs(np.diff(grey, axis=0))[:, 1:] + np.abs(np.diff(grey, axis=1))[1:]
    height, width = grey.shape
    rows, columns = (range(0, length - side + 1, max(1, side // 2)) for length in (height, width))
    places = [(row, column) for row in rows for column in columns]
    top, left = max(places, key=lambda at: detail[at[0] : at[0] + side, at[1] : at[1] + side].mean())
    return top, left, side


def _captioned(name: str, part: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Enlarged by repeating pixels until it can be seen, under its name."""
    factor = max(1, SIDE // part.shape[0])
    enlarged = part.repeat(factor, axis=0).repeat(factor, axis=1)
    caption = np.full((_CAPTION, enlarged.shape[1], 3), 255, np.uint8)
    cv2.putText(caption, name, (4, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
    return np.concatenate([caption, enlarged])
