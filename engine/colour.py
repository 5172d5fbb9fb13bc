"""Colour tags: what the numbers in the planes mean. Code points are those of ITU-T H.273.

One rule for what a file leaves untagged (`ColourTags.decided`):

* range: full for JPEG-like pixel formats (yuvj*) and RGB, else limited;
* matrix: identity for RGB; else BT.709 from 720 lines on, BT.601 below (as players guess);
* chroma siting: left (H.264 and MPEG-2 default), centre for full-range 4:2:0 of Motion JPEG;
* primaries and transfer stay untagged, and so does all of a grey picture: nothing here depends on them.

The output is tagged with the decision, because a player guesses by the number of lines and would guess
differently after upscaling.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, IntEnum


class Matrix(IntEnum):
    """Matrix coefficients, ITU-T H.273 table 4 (values FFmpeg shares)."""

    RGB = 0
    BT709 = 1
    UNSPECIFIED = 2
    FCC = 4
    BT470BG = 5
    SMPTE170M = 6
    SMPTE240M = 7
    YCGCO = 8
    BT2020_NCL = 9
    BT2020_CL = 10


class Range(IntEnum):
    """Code range as FFmpeg numbers it (AVColorRange)."""

    UNSPECIFIED = 0
    LIMITED = 1
    FULL = 2


class Siting(Enum):
    """Where a 4:2:0 chroma sample lies within its 2x2 luma samples, by FFmpeg's names.

    The value's offsets are in luma samples from the centre of the top-left luma sample (H.273 figure 1).
    """

    UNSPECIFIED = "unspecified"
    LEFT = "left"
    CENTER = "center"
    TOPLEFT = "topleft"
    TOP = "top"
    BOTTOMLEFT = "bottomleft"
    BOTTOM = "bottom"

    @property
    def offsets(self) -> tuple[float, float]:
        """(x, y) of the chroma sample in luma samples; x is 0 or 0.5, y is 0, 0.5 or 1."""
        return _OFFSETS[self]


_OFFSETS = {
    Siting.UNSPECIFIED: (0.0, 0.5),
    Siting.LEFT: (0.0, 0.5),
    Siting.CENTER: (0.5, 0.5),
    Siting.TOPLEFT: (0.0, 0.0),
    Siting.TOP: (0.5, 0.0),
    Siting.BOTTOMLEFT: (0.0, 1.0),
    Siting.BOTTOM: (0.5, 1.0),
}


@dataclass(frozen=True)
class ColourTags:
    """A stream's colour description; integers are H.273 code points, 2 (range: 0) is unspecified."""

    matrix: int = Matrix.UNSPECIFIED
    range: int = Range.UNSPECIFIED
    primaries: int = 2
    transfer: int = 2
    siting: Siting = Siting.UNSPECIFIED

    def decided(self, *, lines: int, pix_fmt: str) -> ColourTags:
        """These tags with what is missing filled in by the module's rule.

        `lines` is the coded height in luma rows, `pix_fmt` FFmpeg's name of the pixel format.
        """
        if pix_fmt.startswith(("gray", "mono")):
            return self
        rgb = is_rgb(pix_fmt)
        jpeg = pix_fmt.startswith("yuvj")
        tags = self
        if tags.range == Range.UNSPECIFIED:
            tags = replace(tags, range=Range.FULL if rgb or jpeg else Range.LIMITED)
        if rgb:
            tags = replace(tags, matrix=Matrix.RGB)
        elif tags.matrix in (Matrix.UNSPECIFIED, Matrix.RGB):
            tags = replace(tags, matrix=Matrix.BT709 if lines >= 720 else Matrix.SMPTE170M)
        if tags.siting is Siting.UNSPECIFIED and not rgb:
            tags = replace(tags, siting=Siting.CENTER if jpeg else Siting.LEFT)
        return tags


def is_rgb(pix_fmt: str) -> bool:
    """Whether FFmpeg's pixel format holds RGB."""
    return pix_fmt.startswith(("rgb", "bgr", "gbr", "argb", "abgr", "0rgb", "0bgr", "x2rgb", "x2bgr", "pal8"))


def luma_weights(matrix: int) -> tuple[float, float]:
    """(Kr, Kb) of a non-constant-luminance matrix (H.273 table 4). Raises ValueError for others."""
    if matrix not in _LUMA_WEIGHTS:
        raise ValueError(f"no luma weights for matrix coefficients {matrix}")
    return _LUMA_WEIGHTS[matrix]


_LUMA_WEIGHTS = {
    int(Matrix.BT709): (0.2126, 0.0722),
    int(Matrix.FCC): (0.30, 0.11),
    int(Matrix.BT470BG): (0.299, 0.114),
    int(Matrix.SMPTE170M): (0.299, 0.114),
    int(Matrix.SMPTE240M): (0.212, 0.087),
    int(Matrix.BT2020_NCL): (0.2627, 0.0593),
}
