"""Deinterlacing by libavfilter's bwdif: one progressive frame for each interlaced one, first field kept in time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction

import av
import av.error

from .frame import DecodedFrame


class Deinterlacer:
    """Passes frames through until the first interlaced one, and from there on through bwdif.

    bwdif looks one frame ahead, so frames come out one late; `flush` gives the last. With `every` all frames are
    treated as interlaced, else those that are marked so. A new size or pixel format starts it anew.
    """

    def __init__(self, time_base: Fraction, *, every: bool) -> None:
        self._time_base = time_base
        self._every = every
        self._graph: av.filter.Graph | None = None
        self._key: tuple[int, int, str] | None = None
        self._held: deque[DecodedFrame] = deque()
        self.frames = 0  # deinterlaced so far

    def push(self, frame: DecodedFrame) -> Iterator[DecodedFrame]:
        """Take a frame; give those that are ready."""
        picture = frame.picture
        key = (picture.width, picture.height, picture.format.name)
        if self._graph is not None and key != self._key:
            yield from self.flush()
        if self._graph is None:
            if not (self._every or picture.interlaced_frame):
                yield frame
                return
            self._graph, self._key = self._new_graph(picture), key
        self.frames += self._every or picture.interlaced_frame
        self._held.append(frame)
        self._graph.push(picture)
        yield from self._ready()

    def flush(self) -> Iterator[DecodedFrame]:
        """Give what is still held."""
        if self._graph is None:
            return
        self._graph.push(None)
        yield from self._ready()
        assert not self._held  # send_frame gives a frame for each
        self._graph = None

    def _new_graph(self, picture: av.VideoFrame) -> av.filter.Graph:
        graph = av.filter.Graph()
        source = graph.add_buffer(
            width=picture.width, height=picture.height, format=picture.format, time_base=self._time_base
        )
        which = "all" if self._every else "interlaced"
        bwdif = graph.add("bwdif", f"mode=send_frame:parity=auto:deint={which}")
        sink = graph.add("buffersink")
        source.link_to(bwdif)
        bwdif.link_to(sink)
        graph.configure()
        return graph

    def _ready(self) -> Iterator[DecodedFrame]:
        assert self._graph is not None
        while True:
            try:
                picture = self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            frame = self._held.popleft()
            frame.picture = picture
            yield frame
