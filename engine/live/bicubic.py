"""Enlarging without a model, by the engine's own bicubic kernels: the lightest way, always ready."""

from __future__ import annotations

from fractions import Fraction

from ..colour import ColourTags
from ..convert import Converter
from ..frame import DecodedFrame, UpscaledFrame
from ..geometry import TargetSize, plan_geometry
from ..layout import PixelLayout, planar
from ..planes import new_picture, planes_of


class Bicubic:
    """Enlarges every plane of frames of one size, pixel format and colour; a scale of 1 passes them through."""

    def __init__(self, width: int, height: int, layout: PixelLayout, tags: ColourTags, scale: int) -> None:
        self._layout, self._scale = layout, scale
        geometry = plan_geometry(width, height, Fraction(1), TargetSize(), scale)
        self._size = geometry.output_width, geometry.output_height
        self._converter = Converter(layout, tags, geometry)

    def upscale(self, frame: DecodedFrame) -> UpscaledFrame:
        """The frame, larger, its colour tagged as decided."""
        picture = planar(frame.picture)
        if self._scale > 1:
            source, picture = picture, new_picture(picture, *self._size, self._layout.name)
            small, large = planes_of(source, self._layout), planes_of(picture, self._layout)
            for plane in range(len(small)):
                self._converter.enlarge_plane(plane, small, large)
            picture.colorspace, picture.color_range = int(frame.colour.matrix), int(frame.colour.range)
        return UpscaledFrame(
            picture, frame.index, frame.pts, frame.duration, frame.time_base, frame.colour, frame.sample_aspect_ratio,
            frame.ledger,
        )  # fmt: skip

    def close(self) -> None:
        """Nothing is held."""
