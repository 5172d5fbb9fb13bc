"""One pass over a file: the frames of its video with the pts they have, and the packets of all other tracks.

Which pts a frame has:

1. The one the file gives it; frames come in the order the decoder shows them.
2. Where the first frames' pts do not rise (they are decoding times), the n-th frame has the n-th smallest.
3. A frame without pts, or with one that is not after its predecessor's, follows its predecessor by that one's
   duration, or by one interval of the guessed frame rate where there is none. The first such frame has 0.
   In a file without any pts, frame n of constant rate thus has n / rate.

Damage ends nothing: packets that do not decode are counted and left out, and the decoder is drained.
"""

from __future__ import annotations

import gc
import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias, cast

import av
import av.error
from av.container import InputContainer
from av.packet import Packet
from av.sidedata.sidedata import SideData
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from .opening import decoder_of, is_cover
from .report import Counts
from .times import nearest

COLLECTED_EVERY = 32
"""Frames after which garbage is collected: a frame whose side data was read is in a cycle and stays till then."""

AnyPacket: TypeAlias = "Packet[Stream]"
FIRST_FRAMES = 16  # as many as H.264 and HEVC can reorder


@dataclass(frozen=True)
class Shown:
    """A decoded frame and when it is shown, in ticks of `time_base`.

    `sound` is false from where the decoder met damage to the next key frame: what is seen there is made up.
    """

    frame: av.VideoFrame
    index: int
    pts: int
    time_base: Fraction
    sound: bool

    @property
    def moment(self) -> Fraction:
        """The pts in seconds."""
        return self.pts * self.time_base


class Clock:
    """Gives the frames of one stream their pts by the rule above."""

    def __init__(self, stream: VideoStream, *, in_order: bool) -> None:
        rate = stream.guessed_rate or stream.average_rate or Fraction(25)
        self.time_base = stream.time_base or 1 / rate
        self.interval = max(1, nearest(1 / (rate * self.time_base)))
        self._unused: list[int] | None = None if in_order else []
        self._last: int | None = None
        self._step = self.interval
        self.not_rising = 0
        self.longest = 0  # from one frame to the next

    def read(self, packet: AnyPacket) -> None:
        """Note the pts of a packet on its way to the decoder."""
        if self._unused is not None and packet.pts is not None:
            heapq.heappush(self._unused, packet.pts)

    def pts_of(self, frame: av.VideoFrame) -> int:
        """The pts of the next frame shown."""
        pts = heapq.heappop(self._unused) if self._unused else frame.pts
        if pts is not None and self._last is not None and pts <= self._last:
            self.not_rising += 1
            pts = None
        if pts is None:
            pts = 0 if self._last is None else self._last + self._step
        if self._last is not None:
            self.longest = max(self.longest, pts - self._last)
        self._last, self._step = pts, frame.duration or self.interval
        return pts


class Reader:
    """Reads a file once, from its beginning to its end."""

    def __init__(self, container: InputContainer, video: VideoStream, *, pts_in_order: bool) -> None:
        self._container = container
        self._video = video
        self._decoder = decoder_of(video)
        self.clock = Clock(video, in_order=pts_in_order)
        self.begin: Fraction | None = None
        self.end: Fraction | None = None
        self._sound = True
        self._last_duration = Fraction(0)
        self._frames = self._damaged = self._undecodable = self._others = 0

    @property
    def counts(self) -> Counts:
        """What came so far."""
        return Counts(self._frames, self._damaged, self._undecodable, self._others)

    @property
    def last_duration(self) -> Fraction | None:
        """How long the last frame is shown, in seconds, where that is known.

        It is with MP4 and QuickTime, unless frames are reordered: then they store decoding times only.
        """
        stored = self._container.format.name.startswith("mov") and not self._decoder.has_b_frames
        return self._last_duration or None if stored else None

    def frames(self, take: Callable[[AnyPacket], None]) -> Iterator[Shown]:
        """The frames of the video; packets of other tracks go to `take` as they come by."""
        for packet in readable(self._container, self._refused):
            if packet.stream_index == self._video.index:
                self.clock.read(packet)
                yield from self._decoded(packet)
            elif not is_cover(packet.stream):
                self._others += 1
                self._stretch(packet.pts, packet.duration, packet.time_base)
                take(packet)
        yield from self._decoded(None)

    def _decoded(self, packet: AnyPacket | None) -> Iterator[Shown]:
        for frame in decoded(self._decoder, packet, self._refused):
            pts = self.clock.pts_of(frame)
            self._damaged += frame.is_corrupt
            self._sound = not frame.is_corrupt and (self._sound or frame.key_frame)
            self._stretch(pts, frame.duration or self.clock.interval, self.clock.time_base)
            self._last_duration = frame.duration * self.clock.time_base
            yield Shown(frame, self._frames, pts, self.clock.time_base, self._sound)
            self._frames += 1
            if self._frames % COLLECTED_EVERY == 0:
                gc.collect()

    def _refused(self) -> None:
        self._undecodable += 1
        self._sound = False

    def _stretch(self, pts: int | None, duration: int | None, time_base: Fraction) -> None:
        if pts is None:
            return
        begin, end = pts * time_base, (pts + (duration or 0)) * time_base
        self.begin = begin if self.begin is None else min(self.begin, begin)
        self.end = end if self.end is None else max(self.end, end)


def readable(container: InputContainer, refused: Callable[[], None]) -> Iterator[AnyPacket]:
    """All packets of the file; `refused` is called where reading fails for good, as in a cut-off file."""
    try:
        yield from (packet for packet in container.demux() if packet.size)
    except av.error.FFmpegError:
        refused()


def decoded(decoder: VideoCodecContext, packet: AnyPacket | None, refused: Callable[[], None]) -> list[av.VideoFrame]:
    """The frames a packet (None: the end) brings; `refused` is called for one that does not decode."""
    try:
        return decoder.decode(packet)
    except av.error.EOFError:
        return []
    except av.error.FFmpegError:
        refused()
        return []


def side_data_of(frame: av.VideoFrame) -> Iterator[tuple[SideDataType, bytes]]:
    """What comes beside the picture, by type."""
    # PyAV's stub takes the container for a dictionary.
    for entry in cast("Iterable[SideData]", frame.side_data):
        yield entry.type, bytes(entry)
