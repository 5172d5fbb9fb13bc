"""A frame's planes as NumPy arrays that share its memory."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from .layout import PixelLayout

Plane = NDArray[np.uint8] | NDArray[np.uint16]


def planes_of(picture: av.VideoFrame, layout: PixelLayout) -> list[Plane]:
    """[rows, columns] views, uint8 or uint16, one a plane; rows may be padded, writing writes the frame."""
    views: list[Plane] = []
    for number, plane in enumerate(picture.planes):
        rows, columns = layout.plane_shape(number, picture.width, picture.height)
        samples: NDArray[Any] = np.frombuffer(memoryview(plane), layout.dtype)
        stride = abs(plane.line_size) // samples.itemsize
        view = samples[: rows * stride].reshape(rows, stride)[:, :columns]
        views.append(view[::-1] if plane.line_size < 0 else view)  # bottom up, as AMV is decoded
    return views


def new_picture(like: av.VideoFrame, width: int, height: int, pix_fmt: str) -> av.VideoFrame:
    """A writable frame of another size and format with `like`'s properties and side data.

    PyAV copies side data (closed captions among it) only in `reformat`; its cheapest scaler is asked for, since every
    sample is overwritten. Whether there is any is not asked: PyAV 18's `side_data` makes a cycle that keeps the frame
    until the garbage collector comes by.
    """
    picture = like.reformat(width, height, pix_fmt, interpolation="FAST_BILINEAR", threads=1)
    if picture is like:  # nothing to reformat, so no copy either: another size in between makes one
        taller = like.reformat(width, height + 16, pix_fmt, interpolation="FAST_BILINEAR", threads=1)
        picture = taller.reformat(width, height, pix_fmt, interpolation="FAST_BILINEAR", threads=1)
    picture.make_writable()
    picture.pict_type = 0  # the encoder chooses; the source's choice would be forced on it
    return picture
