"""Between a frame's planes and what a model takes and gives: the arithmetic of the upscaler, frame by frame.

Luma models see Y (or grey, or the luma of RGB); chroma and alpha are enlarged by bicubic with the file's siting.
RGB models see R, G and B by the file's own matrix and range. Values are float32 codes over the largest code from
the input to the output: nothing is rounded on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._native import plane_from_tensor, tensor_from_plane
from .backends.base import Batch
from .colour import ColourTags, Matrix, Siting, luma_weights
from .geometry import Geometry
from .layout import PixelLayout
from .planes import Plane
from .resample import Grid, resample_plane, resample_values, taps_between
from .rgb import rgb_from_yuv, yuv_from_rgb

Values = NDArray[np.float32]
_RGB_PLANES = (2, 0, 1)  # where R, G and B are in FFmpeg's G, B, R
_DETAIL_WEIGHTS = luma_weights(Matrix.BT709)  # for the luma of RGB files; any would do, the rest is kept beside it


@dataclass(frozen=True)
class Converter:
    """One stream's conversion: its pixel layout, decided colour tags and sizes."""

    layout: PixelLayout
    tags: ColourTags
    geometry: Geometry

    def luma_input(self, planes: list[Plane]) -> Batch:
        """[1, 1, H, W]: what a luma model takes."""
        if self.layout.kind == "rgb":
            return _luma_of(self._rgb_of(planes))[None, None]
        return self._values(planes[0])[None, None]

    def rgb_input(self, planes: list[Plane]) -> Batch:
        """[1, 3, H, W]: what an RGB model takes."""
        if self.layout.kind == "gray":
            return np.repeat(self._values(planes[0])[None, None], 3, axis=1)
        if self.layout.kind == "rgb":
            return self._rgb_of(planes)[None]
        size = self.geometry.height, self.geometry.width
        yuv = np.empty((3, *size), np.float32)
        tensor_from_plane(planes[0], yuv[0], self.layout.max_code)
        for plane in (1, 2):
            _resample(self._values(planes[plane]), yuv[plane], self._grids(plane, size), self._grids(0, size))
        return rgb_from_yuv(yuv, self.tags.matrix, self.tags.range, self.layout.depth)[None]

    def write_luma(self, y: Batch, source: list[Plane], out: list[Plane]) -> None:
        """Write a luma model's result [1, 1, sH, sW], and the enlarged rest of `source`, to the planes `out`."""
        luma = self._at_picture_size(y[0, 0])
        if self.layout.kind == "rgb":
            rgb = self._rgb_of(source)
            detail = luma - self._enlarged(_luma_of(rgb))
            for channel, plane in zip(rgb, _RGB_PLANES, strict=True):
                plane_from_tensor(self._enlarged(channel) + detail, out[plane], self.layout.max_code)
        else:
            plane_from_tensor(luma, out[0], self.layout.max_code)
            for plane in range(1, self.layout.colour_planes):
                self._enlarge_codes(plane, source, out)
        self._write_alpha(source, out)

    def write_rgb(self, y: Batch, source: list[Plane], out: list[Plane]) -> None:
        """Write an RGB model's result [1, 3, sH, sW], and the enlarged alpha of `source`, to the planes `out`."""
        rgb = np.stack([self._at_picture_size(channel) for channel in y[0]])
        if self.layout.kind == "gray":
            plane_from_tensor(_luma_of(rgb), out[0], self.layout.max_code)
        elif self.layout.kind == "rgb":
            for channel, plane in zip(rgb, _RGB_PLANES, strict=True):
                plane_from_tensor(channel, out[plane], self.layout.max_code)
        else:
            self._write_yuv(yuv_from_rgb(rgb, self.tags.matrix, self.tags.range, self.layout.depth), out)
        self._write_alpha(source, out)

    def _write_yuv(self, yuv: Values, out: list[Plane]) -> None:
        plane_from_tensor(yuv[0], out[0], self.layout.max_code)
        size = self.geometry.picture_height, self.geometry.picture_width
        for plane in (1, 2):
            coarse = np.empty(out[plane].shape, np.float32)
            _resample(yuv[plane], coarse, self._grids(0, size), self._grids(plane, size))
            plane_from_tensor(coarse, out[plane], self.layout.max_code)

    def _write_alpha(self, source: list[Plane], out: list[Plane]) -> None:
        if self.layout.alpha:
            self._enlarge_codes(len(source) - 1, source, out)

    def _rgb_of(self, planes: list[Plane]) -> Values:
        return np.stack([self._values(planes[plane]) for plane in _RGB_PLANES])

    def _values(self, plane: Plane) -> Values:
        values = np.empty(plane.shape, np.float32)
        tensor_from_plane(plane, values, self.layout.max_code)
        return values

    def _at_picture_size(self, values: Values) -> Values:
        """The model's output, resampled where another size was asked for."""
        g = self.geometry
        return self._bicubic(values, (g.model_height, g.model_width)) if g.resampled else values

    def _enlarged(self, values: Values) -> Values:
        """A full-resolution plane of the input at the picture's size."""
        return self._bicubic(values, (self.geometry.height, self.geometry.width))

    def _bicubic(self, values: Values, size: tuple[int, int]) -> Values:
        target = self.geometry.picture_height, self.geometry.picture_width
        out = np.empty(target, np.float32)
        _resample(np.ascontiguousarray(values), out, self._grids(0, size), self._grids(0, target))
        return out

    def _enlarge_codes(self, plane: int, source: list[Plane], out: list[Plane]) -> None:
        g = self.geometry
        old = self._grids(plane, (g.height, g.width))
        new = self._grids(plane, (g.picture_height, g.picture_width))
        rows, columns = (taps_between(a, b) for a, b in zip(old, new, strict=True))
        resample_plane(source[plane], out[plane], rows, columns, self.layout.max_code)

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


def _resample(source: Values, out: Values, old: tuple[Grid, Grid], new: tuple[Grid, Grid]) -> None:
    rows, columns = (taps_between(a, b) for a, b in zip(old, new, strict=True))
    resample_values(source, out, rows, columns)


def _luma_of(rgb: Values) -> Values:
    kr, kb = _DETAIL_WEIGHTS
    return np.asarray(kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2], np.float32)
