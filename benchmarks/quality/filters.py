"""The ways of enlarging that have not learned anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle

import cv2
import numpy as np

from ...engine.resample import Grid, resample_plane, taps_between
from ...training.imresize import imresize
from ...training.metrics import y_from_rgb
from .frames import luma_frames
from .way import Codes, Enlarged, Frame, Rgb

_OPENCV = {
    "lanczos": cv2.INTER_LANCZOS4,
    "bilinear": cv2.INTER_LINEAR,
    "nearest": cv2.INTER_NEAREST,
}
NAMES = ("bicubic", *_OPENCV)


@dataclass(frozen=True)
class Filter:
    """One of `NAMES`: bicubic is MATLAB's, the others are OpenCV's (Lanczos with eight taps)."""

    method: str
    scale: int
    kind = "filter"
    macs_per_pixel = None

    @property
    def title(self) -> str:
        """See `Way.title`."""
        return f"{self.method}-x{self.scale}"

    name = title

    @property
    def backend(self) -> str:
        """See `Way.backend`: MATLAB's bicubic is timed as the engine's kernel for chroma, which is the same filter."""
        return "native" if self.method == "bicubic" else "OpenCV"

    precision = backend

    def enlarge(self, low: Rgb) -> Enlarged:
        """See `Way.enlarge`: R, G and B alike, rounded to codes, as the papers' baseline is."""
        rgb = imresize(low, self.scale) if self.method == "bicubic" else self._resized(low)
        return Enlarged(y_from_rgb(rgb), rgb)

    @contextmanager
    def opened(self, size: tuple[int, int], threads: int) -> Iterator[Frame]:
        """See `Way.opened`; the engine's kernel has one thread whatever is asked for."""
        before = cv2.getNumThreads()
        cv2.setNumThreads(threads)
        planes = cycle(luma_frames(size))
        work = partial(_bicubic, self.scale) if self.method == "bicubic" else self._resized
        try:
            yield lambda: work(next(planes))
        finally:
            cv2.setNumThreads(before)

    def _resized(self, low: Rgb | Codes) -> Rgb | Codes:
        height, width = low.shape[:2]
        size = self.scale * width, self.scale * height
        return np.asarray(cv2.resize(low, size, interpolation=_OPENCV[self.method]), np.uint8)


def _bicubic(scale: int, plane: Codes) -> Codes:
    rows, columns = (taps_between(Grid(side), Grid(scale * side)) for side in plane.shape)
    large = np.empty([scale * side for side in plane.shape], np.uint8)
    resample_plane(plane, large, rows, columns, 255)
    return large
