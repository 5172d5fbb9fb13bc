"""From the upscaler's frame to what a codec takes, without touching the frame: other outputs encode it too.

PyAV writes times and the picture type on the frame it encodes, so each encoder needs a frame of its own. A filter graph
gives one that shares the planes (microseconds, where a copy takes a millisecond), cropped to even sizes on the way.
"""

from __future__ import annotations

import av
from av.filter import Graph
from av.video.format import VideoFormat

from ...colour import ColourTags, Matrix, Range, luma_weights
from ...errors import OutputError
from ...frame import UpscaledFrame
from ...layout import layout_of, planar
from ...pixel_format import converted, tags_after
from ..encoded import RTP_TIME_BASE
from .recipe import Carried

_TAKEN = layout_of("yuv420p")
_BETWEEN = layout_of("gbrp16le")  # two matrices meet in RGB, finely enough that nothing more is rounded


class Intake:
    """Makes 8-bit 4:2:0 frames of even sizes; an odd last row or column is left out."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._key: tuple[int, int, str] | None = None

    def take(self, frame: UpscaledFrame, carried: Carried) -> tuple[av.VideoFrame, ColourTags]:
        """A frame of the caller's own, in the colour that is carried for the frame's.

        Raises OutputError for what cannot be made so.
        """
        picture, tags = self._reference(frame.picture), frame.colour
        if picture.format.name != _TAKEN.name:
            picture = planar(picture)
            tags = tags_after(tags, layout_of(picture.format.name), _TAKEN)
            picture = converted(picture, frame.colour, tags, _TAKEN)
        wanted = carried(tags)
        if wanted != tags:
            picture = _recoloured(picture, tags, wanted)
        return picture, wanted

    def _reference(self, picture: av.VideoFrame) -> av.VideoFrame:
        key = picture.width, picture.height, picture.format.name
        if self._graph is None or key != self._key:
            self._graph, self._key = _cropping(*key), key
        self._graph.push(picture)
        own = self._graph.pull()
        assert isinstance(own, av.VideoFrame)
        return own


def _cropping(width: int, height: int, pix_fmt: str) -> Graph:
    if min(width, height) < 2:
        raise OutputError(f"a picture of {width}x{height} cannot be encoded", "send at least 2x2 pixels")
    graph = Graph()
    graph.threads = 1
    source = graph.add_buffer(width=width, height=height, format=VideoFormat(pix_fmt), time_base=RTP_TIME_BASE)
    crop = graph.add("crop", f"w={width & ~1}:h={height & ~1}:x=0:y=0:exact=1")
    graph.link_nodes(source, crop, graph.add("buffersink"))
    graph.configure()
    return graph


def _recoloured(picture: av.VideoFrame, old: ColourTags, new: ColourTags) -> av.VideoFrame:
    try:
        same = luma_weights(old.matrix) == luma_weights(new.matrix)
    except ValueError as error:
        raise OutputError(
            f"this codec carries matrix coefficients {int(new.matrix)} only, and there are {error}", "choose H.264"
        ) from error
    if not same:
        rgb = ColourTags(Matrix.RGB, Range.FULL, old.primaries, old.transfer)
        picture, old = converted(picture, old, rgb, _BETWEEN), rgb
    return converted(picture, old, new, _TAKEN)
