"""The upscaler: a decoded frame in, a larger frame out, by one model on one backend.

Its three steps, `prepare`, `infer` and `finish`, are separate so that the pipeline can run each in a thread of
its own; `upscale` is all three for callers with single frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from .backends import choose_backend
from .backends.base import Batch
from .colour import ColourTags, Siting, luma_weights
from .convert import Converter, repeat_edges
from .errors import ModelError
from .frame import DecodedFrame, Ledger, UpscaledFrame
from .geometry import Geometry, TargetSize, plan_geometry
from .layout import PixelLayout, layout_of, planar
from .model import Model, load_model
from .orientation import Turn
from .pixel_format import converted
from .planes import Plane, new_picture, planes_of
from .tiling import fixed_spans, run_tiles, spans
from .turning import turned

DEFAULT_MODEL = "tiny-16"
TILE_ABOVE = 1920 * 1088  # input pixels; a network's inner layers need about 64 bytes and more for each
TILE = 1024  # input pixels a side
UNKNOWN_REACH = 64  # receptive field assumed of a model that does not state one


@dataclass(frozen=True)
class ModelInput:
    """A frame ready for the model: its planes and the tensor [1, C, H, W] made of them."""

    frame: DecodedFrame
    planes: list[Plane]
    tensor: Batch


@dataclass(frozen=True)
class ModelOutput:
    """What the model made of a frame: [1, C, sH, sW]."""

    frame: DecodedFrame
    planes: list[Plane]
    tensor: Batch


class Upscaler:
    """Enlarges the frames of one stream, all of one size, pixel format and colour."""

    def __init__(  # noqa: PLR0913  one stream's facts and the user's wishes; most are optional
        self,
        model: Model,
        layout: PixelLayout,
        tags: ColourTags,
        geometry: Geometry,
        *,
        out_layout: PixelLayout | None = None,
        out_tags: ColourTags | None = None,
        turn: Turn | None = None,
        backend: str = "auto",
        threads: int | None = None,
        tile: int | None = None,
    ) -> None:
        """`out_layout` and `out_tags` convert the result, `turn` turns it; `tile` 0 is never, None when large.

        Raises ModelError when no backend can serve, or the model works on RGB and the matrix is not known.
        """
        _check_matrix(model, layout, tags)
        self.model = model
        self.backend = choose_backend(model, backend, threads)
        self._layout, self._tags, self._geometry = layout, tags, geometry
        self._out_layout, self._out_tags = out_layout or layout, out_tags or tags
        self._turn = turn if turn is not None and turn != Turn(0, flipped=False) else None
        self._converter = Converter(layout, tags, geometry)
        self._tile = tile

    def prepare(self, frame: DecodedFrame) -> ModelInput:
        """Planes to tensor."""
        with frame.ledger.stage("prepare"):
            planes = planes_of(planar(frame.picture), self._layout)
            read = self._converter.luma_input if self.model.channels == 1 else self._converter.rgb_input
            return ModelInput(frame, planes, read(planes))

    def infer(self, work: ModelInput) -> ModelOutput:
        """The network. Raises ModelError when it fails."""
        with work.frame.ledger.stage("upscale"):
            return ModelOutput(work.frame, work.planes, self._run(work.tensor))

    def finish(self, work: ModelOutput) -> UpscaledFrame:
        """Tensor to planes of a new frame."""
        frame, g = work.frame, self._geometry
        with frame.ledger.stage("finish"):
            picture = new_picture(frame.picture, g.output_width, g.output_height, self._layout.name)
            planes = planes_of(picture, self._layout)
            shapes = [self._layout.plane_shape(i, g.picture_width, g.picture_height) for i in range(len(planes))]
            inner = [plane[:rows, :columns] for plane, (rows, columns) in zip(planes, shapes, strict=True)]
            write = self._converter.write_luma if self.model.channels == 1 else self._converter.write_rgb
            write(work.tensor, work.planes, inner)
            for plane, (rows, columns) in zip(planes, shapes, strict=True):
                repeat_edges(plane, rows, columns)
            picture = self._converted(picture)
            if self._turn is not None:
                picture = turned(picture, self._turn, self._out_layout, self._out_tags.siting)
            picture.colorspace, picture.color_range = int(self._out_tags.matrix), int(self._out_tags.range)
        return UpscaledFrame(
            picture, frame.index, frame.pts, frame.duration, frame.time_base, self._out_tags, g.sample_aspect_ratio,
            frame.ledger,
        )  # fmt: skip

    def upscale(self, frame: DecodedFrame) -> UpscaledFrame:
        """All three steps."""
        return self.finish(self.infer(self.prepare(frame)))

    def close(self) -> None:
        """Free the backend."""
        self.backend.close()

    def _converted(self, picture: av.VideoFrame) -> av.VideoFrame:
        if self._out_layout == self._layout:
            return picture
        return converted(picture, self._tags, self._out_tags, self._out_layout)

    def _run(self, x: Batch) -> Batch:
        """The model on [1, C, H, W] of any size: edges repeated to its size multiple, in tiles where large."""
        model, (height, width) = self.model, x.shape[2:]
        x = _padded(x, model)
        y = self._tiled(x)
        return y[:, :, : height * model.scale, : width * model.scale]

    def _tiled(self, x: Batch) -> Batch:
        model, (height, width) = self.model, x.shape[2:]
        multiple = model.size_multiple
        halo = _up_to((model.receptive_field or UNKNOWN_REACH) // 2, multiple)
        if model.fixed_size is not None:
            rows, columns = (
                fixed_spans(n, window, min(halo, window // 4) if n > window else 0)  # leaves half a window to keep
                for n, window in zip((height, width), model.fixed_size, strict=True)
            )
            return run_tiles(self.backend.run, x, model.scale, rows, columns)
        tile = self._tile
        if tile is None:
            tile = TILE if height * width > TILE_ABOVE else 0
        if not tile:
            return self.backend.run(x)
        tile = _up_to(tile, multiple)
        rows, columns = spans(height, tile, halo, multiple), spans(width, tile, halo, multiple)
        return run_tiles(self.backend.run, x, model.scale, rows, columns)


def _check_matrix(model: Model, layout: PixelLayout, tags: ColourTags) -> None:
    if model.channels == 3 and layout.kind == "yuv":
        try:
            luma_weights(tags.matrix)
        except ValueError as error:
            raise ModelError(
                f"model {model.name} works on RGB, and there are {error}", "choose a luma model, such as tiny-16"
            ) from error


def enlarge(picture: av.VideoFrame, model: str | Path = DEFAULT_MODEL, *, scale: int | None = None) -> av.VideoFrame:
    """One picture, enlarged, with its side data: for scripts. Untagged colour is decided by the documented rule."""
    loaded = load_model(model, scale=scale)
    layout = layout_of(picture.format.name)
    tags = ColourTags(
        picture.colorspace,
        picture.color_range,
        picture.color_primaries,
        picture.color_trc,
        Siting.UNSPECIFIED,
    ).decided(lines=picture.height, pix_fmt=picture.format.name)
    geometry = plan_geometry(picture.width, picture.height, Fraction(1), TargetSize(), loaded.scale)
    upscaler = Upscaler(loaded, layout, tags, geometry)
    try:
        frame = DecodedFrame(picture, 0, 0, 0, Fraction(1, 25), tags, Fraction(1), Ledger())
        return upscaler.upscale(frame).picture
    finally:
        upscaler.close()


def _padded(x: Batch, model: Model) -> Batch:
    """Edges repeated on the right and at the bottom up to the sizes the model takes."""
    height, width = x.shape[2:]
    least = model.fixed_size or (1, 1)
    wanted = [max(_up_to(n, model.size_multiple), m) for n, m in zip((height, width), least, strict=True)]
    if wanted == [height, width]:
        return x
    return np.pad(x, ((0, 0), (0, 0), (0, wanted[0] - height), (0, wanted[1] - width)), mode="edge")


def _up_to(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
