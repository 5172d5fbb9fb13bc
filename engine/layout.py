"""Pixel formats as the engine sees them: planes, subsampling, bit depth.

The engine works on planar formats. Others are repacked by swscale without loss on arrival (NV12 to
planar, RGB24 to GBR planes, big endian to little); the `yuvj` names are planar YUV with full range, which
the colour tags say already.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import av
import numpy as np

from .errors import InputError

Kind = Literal["gray", "yuv", "rgb"]

_REPACKED = {
    "nv12": "yuv420p", "nv21": "yuv420p", "nv16": "yuv422p", "nv24": "yuv444p", "nv42": "yuv444p",
    "yuyv422": "yuv422p", "uyvy422": "yuv422p", "yvyu422": "yuv422p", "uyyvyy411": "yuv411p",
    "p010le": "yuv420p10le", "p012le": "yuv420p12le", "p016le": "yuv420p16le", "p210le": "yuv422p10le",
    "p216le": "yuv422p16le", "p410le": "yuv444p10le", "y210le": "yuv422p10le",
    "rgb24": "gbrp", "bgr24": "gbrp", "rgb0": "gbrp", "bgr0": "gbrp", "0rgb": "gbrp", "0bgr": "gbrp",
    "rgb555le": "gbrp", "rgb565le": "gbrp", "bgr8": "gbrp", "rgb8": "gbrp",
    "rgba": "gbrap", "bgra": "gbrap", "argb": "gbrap", "abgr": "gbrap", "pal8": "gbrap",
    "x2rgb10le": "gbrp10le", "x2bgr10le": "gbrp10le",
    "rgb48le": "gbrp16le", "bgr48le": "gbrp16le", "rgba64le": "gbrap16le", "bgra64le": "gbrap16le",
    "monob": "gray", "monow": "gray",
}  # fmt: skip
_PLANAR = re.compile(r"(?P<kind>gray|yuva?(?P<chroma>420|422|444|440|411|410)p|gbra?p)(?P<depth>9|10|12|14|16)?(?:le)?")
_SUBSAMPLING = {"420": (2, 2), "422": (2, 1), "444": (1, 1), "440": (1, 2), "411": (4, 1), "410": (4, 4)}


@dataclass(frozen=True)
class PixelLayout:
    """A planar pixel format. Planes come in FFmpeg's order: Y U V [A], G B R [A] or Y."""

    name: str
    kind: Kind
    depth: int
    subsampling: tuple[int, int]  # luma samples per chroma sample, (horizontal, vertical)
    alpha: bool

    @property
    def max_code(self) -> int:
        """The largest code value."""
        return (1 << self.depth) - 1

    @property
    def dtype(self) -> type[np.uint8] | type[np.uint16]:
        """The sample type of the planes."""
        return np.uint8 if self.depth == 8 else np.uint16

    @property
    def colour_planes(self) -> int:
        """How many planes there are without alpha."""
        return 1 if self.kind == "gray" else 3

    def plane_shape(self, plane: int, width: int, height: int) -> tuple[int, int]:
        """(rows, columns) of a plane of a frame of `width` x `height`."""
        if self.kind == "yuv" and plane in (1, 2):
            across, down = self.subsampling
            return -(-height // down), -(-width // across)
        return height, width

    @property
    def bytes_per_pixel(self) -> float:
        """Bytes a frame takes per luma pixel."""
        across, down = self.subsampling
        chroma = 0.0 if self.kind == "gray" else 2.0 / (across * down)
        return (1.0 + chroma + self.alpha) * (1 if self.depth == 8 else 2)


def planar_name(pix_fmt: str) -> str:
    """The planar format that holds the same samples. Raises InputError for formats the engine has no form for."""
    name = pix_fmt.replace("yuvj", "yuv")
    name = re.sub(r"be$", "le", name)
    name = _REPACKED.get(name, name)
    if not _PLANAR.fullmatch(name):
        raise InputError(
            f"pixel format {pix_fmt} is not supported; YUV, grey and RGB of 8 to 16 bits are",
            "convert the file first, for instance to yuv420p or gbrp",
        )
    return name


def layout_of(pix_fmt: str) -> PixelLayout:
    """The layout of a planar pixel format, as `planar_name` gives it."""
    match = _PLANAR.fullmatch(planar_name(pix_fmt))
    assert match is not None
    word = match["kind"]
    kind: Kind = "gray" if word == "gray" else "rgb" if word.startswith("gbr") else "yuv"
    return PixelLayout(
        name=match[0],
        kind=kind,
        depth=int(match["depth"] or 8),
        subsampling=_SUBSAMPLING[match["chroma"] or "444"],
        alpha=word == "gbrap" or word.startswith("yuva"),
    )


def planar(picture: av.VideoFrame) -> av.VideoFrame:
    """`picture` in its planar form; the same object where it is planar already.

    Here and everywhere swscale gets one thread: with several (FFmpeg 8.0), rows of more than 8 bits that are no
    multiple of 16 samples long run over the beginning of the next row, which another thread may have written.
    """
    name = planar_name(picture.format.name)
    if picture.format.name.replace("yuvj", "yuv") == name:
        return picture
    return picture.reformat(format=name, threads=1)
