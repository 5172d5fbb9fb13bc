"""The ways of enlarging that are networks: `.onnx` files, each on a backend of the engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import cycle

import numpy as np

from ...engine.backends import choose_backend
from ...engine.colour import ColourTags
from ...engine.compute import Compute
from ...engine.geometry import TargetSize, plan_geometry
from ...engine.layout import layout_of
from ...engine.model import Model
from ...engine.upscaler import Upscaler
from ...training.imresize import imresize
from ...training.metrics import rgb_from_luma, y_from_rgb
from ...training.photos import luma_codes
from .frames import decoded, luma_frames, rgb_frames
from .macs import macs_per_pixel
from .way import Codes, Enlarged, Frame, Rgb


@dataclass(frozen=True)
class Network:
    """One model on one backend; see `Way`."""

    title: str
    kind: str
    model: Model
    backend: str
    macs_per_pixel: int | None

    @property
    def precision(self) -> str:
        """See `Way.precision`."""
        return self.model.precision or "fp32"

    @property
    def name(self) -> str:
        """See `Way.name`."""
        return f"{self.title}, {self.backend} {self.precision}"

    @property
    def scale(self) -> int:
        """See `Way.scale`."""
        return self.model.scale

    def enlarge(self, low: Rgb) -> Enlarged:
        """See `Way.enlarge`: a luma network sees 8-bit luma, as in a video; the chroma is bicubic's."""
        if self.model.channels == 3:
            rgb = self._upscaled(low)
            return Enlarged(y_from_rgb(rgb), rgb)
        luma = self._upscaled(luma_codes(low))
        return Enlarged(luma, rgb_from_luma(luma, imresize(low, self.scale)))

    @contextmanager
    def opened(self, size: tuple[int, int], threads: int) -> Iterator[Frame]:
        """See `Way.opened`: from bytes to bytes, through the engine; nothing is kept from the frame before."""
        pictures = luma_frames(size) if self.model.channels == 1 else rgb_frames(size)
        frames = cycle([decoded(picture) for picture in pictures])
        with closing(self._upscaler(size, threads)) as upscaler:
            yield lambda: upscaler.upscale(next(frames))

    def _upscaled(self, picture: Rgb | Codes) -> Rgb | Codes:
        height, width = picture.shape[:2]
        with closing(self._upscaler((width, height), None)) as upscaler:
            large = upscaler.upscale(decoded(picture)).picture
        return large.to_ndarray(format="gray" if picture.ndim == 2 else "rgb24").astype(np.uint8, copy=False)

    def _upscaler(self, size: tuple[int, int], threads: int | None) -> Upscaler:
        """`threads` None is one for each core."""
        pix_fmt = "gray" if self.model.channels == 1 else "gbrp"
        tags = ColourTags().decided(lines=size[1], pix_fmt=pix_fmt)
        geometry = plan_geometry(*size, Fraction(1), TargetSize(), self.scale)
        compute = Compute(backend=self.backend, threads=threads, mode="latency")
        return Upscaler(self.model, layout_of(pix_fmt), tags, geometry, compute=compute)


def network_on(backend: str, kind: str, title: str, model: Model) -> Network:
    """`backend` as it is chosen by; "auto" is decided here. Raises ModelError where it cannot be opened."""
    with closing(choose_backend(model, Compute(backend=backend, mode="latency"))) as opened:
        return Network(title, kind, model, opened.name, macs_per_pixel(model))
