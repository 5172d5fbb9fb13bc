"""Frames as the peers want them: from a decoded picture to bytes, and back. BT.709 studio range, as clips are written.

gray      [H, W]         luma; the chroma planes are enlarged beside, by FFmpeg's bicubic
rgb24     [H, W, 3]      as FFmpeg converts
bgr24     [H, W, 3]
yuv420p   [3/2 H, W]     all planes, one below the other
"""

from __future__ import annotations

from typing import Literal

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from ...engine.layout import layout_of
from ...engine.planes import planes_of
from .apart.serving import Codes

PixFmt = Literal["gray", "rgb24", "bgr24", "yuv420p"]
Luma = NDArray[np.float64] | NDArray[np.uint8]

_LUMA = 219 / 255 * np.array([0.2126, 0.7152, 0.0722])  # of R'G'B', ITU-R BT.709-6, item 3.2


def codes_of(picture: av.VideoFrame, pix_fmt: PixFmt) -> Codes:
    """Of a yuv420p picture."""
    if pix_fmt == "yuv420p":
        return picture.to_ndarray().astype(np.uint8, copy=False)
    if pix_fmt == "gray":
        return np.ascontiguousarray(planes_of(picture, layout_of("yuv420p"))[0], np.uint8)
    coloured = picture.reformat(format=pix_fmt, src_colorspace=Colorspace.ITU709, src_color_range=ColorRange.MPEG)
    return coloured.to_ndarray().astype(np.uint8, copy=False)


def luma_of(codes: Codes, pix_fmt: PixFmt) -> Luma:
    """[H, W] in codes 16..235; not rounded where it is made from colours."""
    if pix_fmt == "gray":
        return codes
    if pix_fmt == "yuv420p":
        return codes[: len(codes) * 2 // 3]
    red_first = codes if pix_fmt == "rgb24" else codes[..., ::-1]
    return 16 + red_first.astype(np.float64) @ _LUMA


def picture_of(codes: Codes, pix_fmt: PixFmt, small: av.VideoFrame) -> av.VideoFrame:
    """A yuv420p picture again; `small` is what it was made from, whose chroma luma alone needs."""
    if pix_fmt == "yuv420p":
        return av.VideoFrame.from_ndarray(codes, format="yuv420p")
    if pix_fmt == "gray":
        return _with_chroma(codes, small)
    return av.VideoFrame.from_ndarray(codes, format=pix_fmt).reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
    )


def _with_chroma(luma: Codes, small: av.VideoFrame) -> av.VideoFrame:
    height, width = luma.shape
    picture = av.VideoFrame(width, height, "yuv420p")
    layout = layout_of("yuv420p")
    planes, smaller = planes_of(picture, layout), planes_of(small, layout)
    planes[0][:] = luma
    for target, source in zip(planes[1:], smaller[1:], strict=True):
        plane = av.VideoFrame.from_ndarray(np.ascontiguousarray(source, np.uint8), format="gray")
        target[:] = plane.reformat(width // 2, height // 2, interpolation="BICUBIC").to_ndarray()
    return picture
