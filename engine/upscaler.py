"""The upscaler: a decoded frame in, a larger frame out, by one model on one backend.

Its three steps, `prepare`, `infer` and `finish`, are separate so that the pipeline can run each in a thread of
its own; `upscale` is all three for callers with single frames.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol, TypeVar

import av
import numpy as np

from . import plane_road
from .backends import choose_backend
from .backends.base import PlaneBackend
from .colour import ColourTags, Siting, luma_weights
from .compute import Compute
from .convert import Converter, repeat_edges
from .errors import ModelError
from .frame import DecodedFrame, Ledger, UpscaledFrame
from .geometry import Geometry, TargetSize, plan_geometry
from .layout import PixelLayout, layout_of, planar
from .model import Model, load_model, precisions_of
from .orientation import Turn
from .pixel_format import converted
from .planes import Plane, new_picture, planes_of
from .tensor_road import TensorRoad
from .turning import turned

DEFAULT_MODEL = "tiny-16"
Values = TypeVar("Values")


class Road(Protocol[Values]):
    """How planes become larger planes, in three steps that may run in different threads."""

    @property
    def kept_share(self) -> float | None:
        """How much of all frames so far was kept from the frame before; None where that is not looked for."""

    def prepare(self, planes: list[Plane]) -> Values:
        """What the model takes."""

    def infer(self, values: Values, planes: list[Plane], out: list[Plane]) -> Values:
        """The model. Raises ModelError when it fails."""

    def finish(self, values: Values, planes: list[Plane], out: list[Plane]) -> None:
        """Whatever of `out` is not filled yet."""


@dataclass(frozen=True)
class Work:
    """A frame between two steps: its planes, the larger picture's, and what the road's last step gave."""

    frame: DecodedFrame
    planes: list[Plane]
    picture: av.VideoFrame
    out: list[Plane]
    values: Any


class Upscaler:
    """Enlarges the frames of one stream, all of one size, pixel format and colour."""

    def __init__(
        self,
        model: Model,
        layout: PixelLayout,
        tags: ColourTags,
        geometry: Geometry,
        *,
        out_layout: PixelLayout | None = None,
        out_tags: ColourTags | None = None,
        turn: Turn | None = None,
        compute: Compute | None = None,
        tile: int | None = None,
    ) -> None:
        """`out_layout` and `out_tags` convert the result, `turn` turns it; `tile` 0 is never, None when large.

        Raises ModelError when no backend can serve, the model gives fewer bits than the picture has, or it works on RGB
        and the matrix is not known.
        """
        _check_matrix(model, layout, tags)
        _check_depth(model, layout)
        compute = compute or Compute()
        self.model = model
        self.backend = choose_backend(model, compute)
        self._layout, self._geometry = layout, geometry
        self._tags, self._out_tags = tags, out_tags or tags
        self._out_layout = out_layout or layout
        self._turn = turn if turn is not None and turn != Turn(0, flipped=False) else None
        converter = Converter(layout, tags, geometry)
        self._road: Road[Any]
        if isinstance(self.backend, PlaneBackend) and plane_road.takes(model, layout, geometry):
            self._road = plane_road.PlaneRoad(self.backend, converter, reuse=compute.reuse)
        else:
            self._road = TensorRoad(model, self.backend, converter, tile)

    @property
    def kept_share(self) -> float | None:
        """How much of all frames so far did not change and was kept; None where that is not looked for."""
        return self._road.kept_share

    def prepare(self, frame: DecodedFrame) -> Work:
        """A new picture, and what the model takes."""
        g = self._geometry
        with frame.ledger.stage("prepare"):
            planes = planes_of(planar(frame.picture), self._layout)
            picture = new_picture(frame.picture, g.output_width, g.output_height, self._layout.name)
            shapes = [self._layout.plane_shape(i, g.picture_width, g.picture_height) for i in range(len(planes))]
            larger = planes_of(picture, self._layout)
            out = [plane[:rows, :columns] for plane, (rows, columns) in zip(larger, shapes, strict=True)]
            return Work(frame, planes, picture, out, self._road.prepare(planes))

    def infer(self, work: Work) -> Work:
        """The network. Raises ModelError when it fails."""
        with work.frame.ledger.stage("upscale"):
            return replace(work, values=self._road.infer(work.values, work.planes, work.out))

    def finish(self, work: Work) -> UpscaledFrame:
        """The picture complete, converted and turned as asked for."""
        frame, picture = work.frame, work.picture
        with frame.ledger.stage("finish"):
            self._road.finish(work.values, work.planes, work.out)
            for plane, filled in zip(planes_of(picture, self._layout), work.out, strict=True):
                repeat_edges(plane, *filled.shape)
            if self._out_layout != self._layout:
                picture = converted(picture, self._tags, self._out_tags, self._out_layout)
            if self._turn is not None:
                picture = turned(picture, self._turn, self._out_layout, self._out_tags.siting)
            picture.colorspace, picture.color_range = int(self._out_tags.matrix), int(self._out_tags.range)
        return UpscaledFrame(
            picture, frame.index, frame.pts, frame.duration, frame.time_base, self._out_tags,
            self._geometry.sample_aspect_ratio, frame.ledger,
        )  # fmt: skip

    def upscale(self, frame: DecodedFrame) -> UpscaledFrame:
        """All three steps."""
        return self.finish(self.infer(self.prepare(frame)))

    def close(self) -> None:
        """Free the backend."""
        self.backend.close()


def _check_matrix(model: Model, layout: PixelLayout, tags: ColourTags) -> None:
    if model.channels == 3 and layout.kind == "yuv":
        try:
            luma_weights(tags.matrix)
        except ValueError as error:
            raise ModelError(
                f"model {model.name} works on RGB, and there are {error}", "choose a luma model, such as tiny-16"
            ) from error


def _check_depth(model: Model, layout: PixelLayout) -> None:
    if model.output.dtype == np.uint8 and layout.depth > 8:
        raise ModelError(
            f"model {model.name} gives 8 bits, and this video has {layout.depth}", "choose precision fp32 or int8"
        )


def enlarge(picture: av.VideoFrame, model: str | Path = DEFAULT_MODEL, *, scale: int | None = None) -> av.VideoFrame:
    """One picture, enlarged, with its side data: for scripts. Untagged colour is decided by the documented rule."""
    layout = layout_of(picture.format.name)
    compute = Compute(mode="latency")
    form = compute.form_among(precisions_of(model, scale), layout.depth)
    loaded = load_model(model, scale=scale, precision=form)
    tags = ColourTags(
        picture.colorspace,
        picture.color_range,
        picture.color_primaries,
        picture.color_trc,
        Siting.UNSPECIFIED,
    ).decided(lines=picture.height, pix_fmt=picture.format.name)
    geometry = plan_geometry(picture.width, picture.height, Fraction(1), TargetSize(), loaded.scale)
    upscaler = Upscaler(loaded, layout, tags, geometry, compute=compute)
    try:
        frame = DecodedFrame(picture, 0, 0, 0, Fraction(1, 25), tags, Fraction(1), Ledger())
        return upscaler.upscale(frame).picture
    finally:
        upscaler.close()
