"""The way of a frame through a backend that works on planes: every byte is read and written once.

Where a part of a frame, with the surroundings the network looks at, is bit-identical to the frame that the same
thread finished before, that frame's output is kept instead of being computed again.
"""

from __future__ import annotations

import threading

from .backends.base import PlaneBackend
from .convert import Converter
from .fused import Companion
from .geometry import Geometry
from .layout import PixelLayout
from .model import Model
from .planes import Plane


def takes(model: Model, layout: PixelLayout, geometry: Geometry) -> bool:
    """Whether frames can go this way: luma beside planes that bicubic enlarges, and no other size than the model's."""
    multiple = model.size_multiple
    return (
        model.channels == 1
        and layout.kind != "rgb"
        and not geometry.resampled
        and model.fixed_size is None
        and geometry.width % multiple == geometry.height % multiple == 0
    )


class PlaneRoad:
    """One stream's. `reuse` is whether what did not change is kept."""

    def __init__(self, backend: PlaneBackend, converter: Converter, *, reuse: bool) -> None:
        self._backend, self._converter, self._reuse = backend, converter, reuse
        self._finished = threading.local()  # `luma`: the calling thread's last (source, output)
        self._counted = threading.Lock()
        self._pixels = self._kept = 0

    @property
    def kept_share(self) -> float | None:
        """How much of all frames so far did not have to be computed; None where nothing is kept."""
        return self._kept / max(1, self._pixels) if self._reuse else None

    def prepare(self, planes: list[Plane]) -> None:
        """Nothing: the planes are taken as they are."""

    def infer(self, values: None, planes: list[Plane], out: list[Plane]) -> None:
        """Fill the planes `out`."""
        del values  # there are none
        previous = getattr(self._finished, "luma", None)
        others = range(1, len(planes))
        companions = [Companion(planes[i], out[i], *self._converter.enlarging_taps(i)) for i in others]
        kept = self._backend.run_planes(planes[0], out[0], self._converter.layout.max_code, previous, companions)
        if self._reuse:
            self._finished.luma = planes[0], out[0]
        with self._counted:
            self._pixels += planes[0].size
            self._kept += kept

    def finish(self, values: None, planes: list[Plane], out: list[Plane]) -> None:
        """Nothing is left to do."""
