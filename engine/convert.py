"""Between a frame's planes and what a model takes and gives: the arithmetic of the upscaler, frame by frame.

Luma models see Y (or grey, or the luma of RGB); chroma and alpha are enlarged by bicubic with the file's siting.
RGB models see R, G and B by the file's own matrix and range. Values are float32 codes over the largest code from
the input to the output: nothing is rounded on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import _native
from .backends.base import Batch
from .colour import ColourTags, Matrix, Siting
from .geometry import Geometry
from .layout import PixelLayout
from .planes import Plane
from .resample import Grid, Taps, resample_plane, resample_values, taps_between
from .rgb import coefficients_of, weights_of

Values = NDArray[np.float32]
_DETAIL_WEIGHTS = weights_of(Matrix.BT709)  # for the luma of RGB files; any would do, the rest is kept beside it


@dataclass(frozen=True)
class Converter:
    """One stream's conversion: its pixel layout, decided colour tags and sizes."""

    layout: PixelLayout
    tags: ColourTags
    geometry: Geometry

    def luma_input(self, planes: list[Plane]) -> Batch:
        """[1, 1, H, W]: what a luma model takes."""
        tensor = np.empty((1, 1, *planes[0].shape), np.float32)
        if self.layout.kind == "rgb":
            _native.luma_from_rgb(self._rgb(planes), tensor[0, 0], _DETAIL_WEIGHTS, self.layout.max_code)
        else:
            _native.tensor_from_plane(planes[0], tensor[0, 0], self.layout.max_code)
        return tensor

    def rgb_input(self, planes: list[Plane]) -> Batch:
        """[1, 3, H, W]: what an RGB model takes."""
        tensor = np.empty((1, 3, *planes[0].shape), np.float32)
        if self.layout.kind == "yuv":
            size = self.geometry.height, self.geometry.width
            rows, columns = _taps(self._grids(1, size), self._grids(0, size))
            coefficients = coefficients_of(self.tags.matrix, self.tags.range, self.layout.depth)
            _native.rgb_from_yuv(planes[:3], tensor[0], *rows, *columns, coefficients)
        else:
            for plane, channel in zip(self._rgb(planes), tensor[0], strict=True):
                _native.tensor_from_plane(plane, channel, self.layout.max_code)
        return tensor

    def write_luma(self, y: Batch, source: list[Plane], out: list[Plane]) -> None:
        """Write a luma model's result [1, 1, sH, sW], and the enlarged rest of `source`, to the planes `out`."""
        luma, largest = self._at_picture_size(y[0, 0]), self.layout.max_code
        if self.layout.kind == "rgb":
            rows, columns = self.enlarging_taps(0)
            rgb, larger = self._rgb(source), self._rgb(out)
            _native.rgb_with_luma(rgb, luma, larger, *rows, *columns, _DETAIL_WEIGHTS, largest)
        else:
            _native.plane_from_tensor(luma, out[0], largest)
            for plane in range(1, self.layout.colour_planes):
                self.enlarge_plane(plane, source, out)
        self._write_alpha(source, out)

    def write_rgb(self, y: Batch, source: list[Plane], out: list[Plane]) -> None:
        """Write an RGB model's result [1, 3, sH, sW], and the enlarged alpha of `source`, to the planes `out`."""
        rgb = [self._at_picture_size(channel) for channel in y[0]]
        if self.layout.kind == "gray":
            _native.luma_from_rgb(rgb, out[0], _DETAIL_WEIGHTS, self.layout.max_code)
        elif self.layout.kind == "rgb":
            for channel, plane in zip(rgb, self._rgb(out), strict=True):
                _native.plane_from_tensor(channel, plane, self.layout.max_code)
        else:
            size = self.geometry.picture_height, self.geometry.picture_width
            rows, columns = _taps(self._grids(0, size), self._grids(1, size))
            coefficients = coefficients_of(self.tags.matrix, self.tags.range, self.layout.depth)
            _native.yuv_from_rgb(rgb, out[:3], *rows, *columns, coefficients, self.layout.max_code)
        self._write_alpha(source, out)

    def _write_alpha(self, source: list[Plane], out: list[Plane]) -> None:
        if self.layout.alpha:
            self.enlarge_plane(len(source) - 1, source, out)

    def _rgb(self, planes: list[Plane]) -> list[Plane]:
        """R, G and B of FFmpeg's G, B, R; grey is all three."""
        return [planes[0]] * 3 if self.layout.kind == "gray" else [planes[2], planes[0], planes[1]]

    def _at_picture_size(self, values: Values) -> Values:
        """The model's output, resampled where another size was asked for."""
        g = self.geometry
        if not g.resampled:
            return values
        out = np.empty((g.picture_height, g.picture_width), np.float32)
        rows, columns = _taps(self._grids(0, (g.model_height, g.model_width)), self._grids(0, out.shape))
        resample_values(values, out, rows, columns)
        return out

    def enlarge_plane(self, plane: int, source: list[Plane], out: list[Plane]) -> None:
        """Write `source[plane]`, larger, to `out[plane]`, by bicubic."""
        resample_plane(source[plane], out[plane], *self.enlarging_taps(plane), self.layout.max_code)

    def enlarging_taps(self, plane: int) -> tuple[Taps, Taps]:
        """(rows, columns) from a plane of the input to the same plane of the picture."""
        g = self.geometry
        picture = g.picture_height, g.picture_width
        return _taps(self._grids(plane, (g.height, g.width)), self._grids(plane, picture))

    def _grids(self, plane: int, size: tuple[int, int]) -> tuple[Grid, Grid]:
        return grids_of(self.layout, self.tags.siting, plane, size)


def grids_of(layout: PixelLayout, siting: Siting, plane: int, size: tuple[int, int]) -> tuple[Grid, Grid]:
    """Where a plane's samples lie, (down the rows, across the columns), in a picture of `size` luma samples."""
    height, width = size
    if layout.kind != "yuv" or plane not in (1, 2):
        return Grid(height), Grid(width)
    (across, down), (x, y) = layout.subsampling, siting.offsets
    return Grid(height, down, y * (down - 1)), Grid(width, across, x * (across - 1))  # the offsets are those of 2 x 2


def repeat_edges(plane: Plane, rows: int, columns: int) -> None:
    """Fill what lies beyond the first `rows` x `columns` with the last column and row."""
    plane[:rows, columns:] = plane[:rows, columns - 1 : columns]
    plane[rows:] = plane[rows - 1 : rows]


def _taps(old: tuple[Grid, Grid], new: tuple[Grid, Grid]) -> tuple[Taps, Taps]:
    """(down the rows, across the columns)."""
    return taps_between(old[0], new[0]), taps_between(old[1], new[1])
