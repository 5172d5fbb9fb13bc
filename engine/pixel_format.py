"""Converting the result to another pixel format, where `--pix-fmt` asks for it."""

from __future__ import annotations

from dataclasses import replace

import av

from .colour import ColourTags, Matrix, Range, Siting
from .errors import UsageError
from .layout import PixelLayout, layout_of

_SWSCALE_MATRIX = {
    int(Matrix.BT709): "ITU709",
    int(Matrix.FCC): "FCC",
    int(Matrix.BT470BG): "ITU601",
    int(Matrix.SMPTE170M): "ITU601",
    int(Matrix.SMPTE240M): "SMPTE240M",
    int(Matrix.BT2020_NCL): "BT2020",
}


def tags_after(tags: ColourTags, old: PixelLayout, new: PixelLayout) -> ColourTags:
    """The decided tags of a stream of layout `old` once it has layout `new`.

    Between RGB and YUV the rest of the world's defaults are taken: full range for RGB, BT.709 and limited for YUV.
    Raises UsageError for a matrix that is not converted.
    """
    if old.kind == new.kind:
        return tags
    if new.kind == "rgb" and old.kind == "yuv" and int(tags.matrix) not in _SWSCALE_MATRIX:
        raise UsageError(
            f"--pix-fmt {new.name}: matrix coefficients {int(tags.matrix)} cannot be converted to RGB",
            "leave --pix-fmt out",
        )
    if new.kind == "rgb":
        return replace(tags, matrix=Matrix.RGB, range=Range.FULL, siting=Siting.UNSPECIFIED)
    if old.kind == "rgb" and new.kind == "gray":
        return replace(tags, matrix=Matrix.UNSPECIFIED, range=Range.FULL)
    if old.kind == "rgb":
        return replace(tags, matrix=Matrix.BT709, range=Range.LIMITED, siting=Siting.LEFT)
    return tags.decided(lines=720, pix_fmt=new.name)


def converted(picture: av.VideoFrame, old: ColourTags, new: ColourTags, layout: PixelLayout) -> av.VideoFrame:
    """`picture`, whose colour is `old`, in `layout` with colour `new`, by swscale (bicubic chroma)."""
    matrix = new.matrix if old.matrix == Matrix.RGB else old.matrix
    by_name = _SWSCALE_MATRIX.get(int(matrix), "ITU709")  # where no matrix is applied, any will do
    ranges = int(old.range), int(new.range)
    if "gray" in (layout.kind, layout_of(picture.format.name).kind):
        # swscale takes grey for full range of BT.601; with the same on the other side the codes stay as they are
        by_name, ranges = "ITU601", (int(Range.FULL), int(Range.FULL))
    made = picture.reformat(
        format=layout.name,
        src_colorspace=by_name,
        dst_colorspace=by_name,
        src_color_range=ranges[0],
        dst_color_range=ranges[1],
        interpolation="BICUBIC",
        threads=1,
    )
    made.color_range = int(new.range)
    return made
