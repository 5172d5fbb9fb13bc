"""A file's packets and frames, in the file's order: frames of the video to upscale, packets of all else.

Damage never ends a run: what cannot be decoded is counted, the decoder goes on, and the result says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import av
import av.error
import av.logging
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from . import complaints
from .deinterlace import Deinterlacer
from .frame import DecodedFrame, Ledger
from .media import AnyPacket, VideoFacts, decoder_for
from .timestamps import Timestamps

TS_PACKET_SIZES = (188, 192, 204)  # bytes: plain, with a time stamp (M2TS), with error correction
Deinterlacing = Literal["auto", "on", "off"]


@dataclass
class Damage:
    """What was lost of the input."""

    packets_lost: int = 0  # packets the decoder refused
    packets_corrupt: int = 0  # packets the demuxer marked as damaged
    frames_concealed: int = 0  # frames the decoder marked as damaged but gave
    frames_missing: int = 0  # fewer than the file's header states
    complaints: int = 0  # errors the demuxer or decoder logged without failing
    first_complaint: str | None = None
    seconds_missing: float = 0.0  # declared duration beyond the last frame
    unreadable_from: str | None = None  # where reading the file failed for good

    def __bool__(self) -> bool:
        return any(
            (
                self.packets_lost,
                self.packets_corrupt,
                self.frames_concealed,
                self.frames_missing,
                self.complaints,
                self.seconds_missing,
                self.unreadable_from,
            )
        )

    def describe(self) -> str:
        """One line for people."""
        parts = []
        if self.packets_lost:
            parts.append(f"{_counted(self.packets_lost, 'packet')} could not be decoded")
        if self.packets_corrupt:
            parts.append(f"{_counted(self.packets_corrupt, 'packet')} damaged")
        if self.frames_concealed:
            parts.append(f"{_counted(self.frames_concealed, 'frame')} damaged")
        if self.frames_missing:
            parts.append(f"{_counted(self.frames_missing, 'frame')} missing")
        if self.first_complaint:
            parts.append(f"{_counted(self.complaints, 'error')} while reading, the first: {self.first_complaint}")
        if self.seconds_missing:
            parts.append(f"{self.seconds_missing:.2f} s are missing at the end")
        if self.unreadable_from:
            parts.append(f"reading ended early: {self.unreadable_from}")
        return ", ".join(parts)


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


class Decoder:
    """Iterates over an open container once: `DecodedFrame`s and, for `copied` streams, their packets."""

    def __init__(
        self,
        container: InputContainer,
        facts: VideoFacts,
        copied: set[int],
        deinterlacing: Deinterlacing = "auto",
    ) -> None:
        self._container = container
        self._facts = facts
        self._copied = copied
        stream = container.streams[facts.index]
        assert isinstance(stream, VideoStream)
        self._stream = stream
        self._context = decoder_for(stream)
        self._timestamps = Timestamps(facts.rate, facts.time_base, in_order=facts.pts_in_order)
        self._deinterlacer = (
            None if deinterlacing == "off" else Deinterlacer(facts.time_base, every=deinterlacing == "on")
        )
        self._frames = 0
        self._last_dts: dict[int, int] = {}
        self._discarded = 0  # packets that an edit list leaves out
        self._end = Fraction(0)
        self.damage = Damage()
        self.size_changes = 0

    @property
    def frames_deinterlaced(self) -> int:
        """How many frames went through the deinterlacer so far."""
        return self._deinterlacer.frames if self._deinterlacer else 0

    @property
    def timestamps_made_up(self) -> int:
        """How many frames had no usable pts so far."""
        return self._timestamps.made_up

    def __iter__(self) -> Iterator[DecodedFrame | AnyPacket]:
        """All of the file; `damage` is complete afterwards."""
        with complaints.heard(av.logging.ERROR) as lines:
            for item in self._items():
                self._count(lines)
                yield item
            self._count(lines)
        self._measure_what_is_missing()

    def _items(self) -> Iterator[DecodedFrame | AnyPacket]:
        streams = [s for s in self._container.streams if s.index == self._facts.index or s.index in self._copied]
        for packet in self._packets(streams):
            if packet.stream_index == self._facts.index:
                yield from self._progressive(self._decoded(packet))
            else:
                yield packet
        yield from self._progressive(self._decoded(None))
        if self._deinterlacer:
            yield from self._deinterlacer.flush()

    def _count(self, lines: list[tuple[int, str, str]]) -> None:
        """Note what was logged since the last call, and forget it, so that a long bad file needs no memory."""
        errors = [line for line in lines if line[0] <= av.logging.ERROR]
        lines.clear()
        if errors:
            self.damage.complaints += len(errors)
            self.damage.first_complaint = self.damage.first_complaint or f"{errors[0][1]}: {errors[0][2].strip()}"

    def _packets(self, streams: list[Stream]) -> Iterator[AnyPacket]:
        try:
            for packet in self._container.demux(streams):
                if packet.size:
                    self._note(packet)
                    yield packet
        except av.error.FFmpegError as error:  # the rest cannot be reached; what came so far is kept
            self.damage.unreadable_from = f"{error.strerror} after frame {self._frames}"

    def _note(self, packet: AnyPacket) -> None:
        """Count what the demuxer says of a packet: damaged, unless its clock jumps back, as where files were joined."""
        last = self._last_dts.get(packet.stream_index)
        if packet.is_corrupt and (packet.dts is None or last is None or packet.dts >= last):
            self.damage.packets_corrupt += 1
        if packet.dts is not None:
            self._last_dts[packet.stream_index] = packet.dts
        if packet.stream_index == self._facts.index:
            self._discarded += packet.is_discard

    def _decoded(self, packet: AnyPacket | None) -> Iterator[DecodedFrame]:
        """The frames a packet (None: the end) brings out of the decoder."""
        ledger = Ledger()
        if packet is not None:
            self._timestamps.sent(packet.pts)
        try:
            with ledger.stage("decode"):
                pictures = self._context.decode(packet)
        except av.error.EOFError:
            return
        except av.error.FFmpegError:
            self.damage.packets_lost += 1
            self._timestamps.lost(None if packet is None else packet.pts)
            return
        for picture in pictures:
            yield self._frame(picture, ledger)
            ledger = Ledger({"decode": (ledger.spans["decode"][1],) * 2})  # the call's time is the first frame's

    def _frame(self, picture: av.VideoFrame, ledger: Ledger) -> DecodedFrame:
        facts = self._facts
        self.damage.frames_concealed += picture.is_corrupt
        pts = self._timestamps.pts_of(picture.pts, picture.duration)
        self._end = (pts + (picture.duration or 0)) * facts.time_base
        if (picture.width, picture.height) != (
            facts.width,
            facts.height,
        ) or picture.format.name != facts.pix_fmt:
            self.size_changes += 1
            picture = picture.reformat(facts.width, facts.height, facts.pix_fmt, interpolation="BICUBIC", threads=1)
        frame = DecodedFrame(
            picture=picture,
            index=self._frames,
            pts=pts,
            duration=picture.duration,
            time_base=facts.time_base,
            colour=facts.colour.decided(lines=facts.height, pix_fmt=facts.pix_fmt),
            sample_aspect_ratio=facts.sample_aspect_ratio,
            ledger=ledger,
        )
        self._frames += 1
        return frame

    def _progressive(self, frames: Iterator[DecodedFrame]) -> Iterator[DecodedFrame]:
        if self._deinterlacer is None:
            yield from frames
            return
        for frame in frames:
            yield from self._deinterlacer.push(frame)

    def _measure_what_is_missing(self) -> None:
        """A cut-off file may read without a complaint: its header then declares more than there is."""
        if self._facts.frames is not None and self._container.format.name != "avi":  # AVI counts empty chunks too
            self.damage.frames_missing = max(0, self._facts.frames - self._discarded - self._frames)
        if self._container.format.name == "mpegts" and all(self._container.size % n for n in TS_PACKET_SIZES):
            self.damage.unreadable_from = self.damage.unreadable_from or "the file ends within a packet"
        declared, start = self._facts.duration, self._stream.start_time
        if declared is None:
            return
        begin = 0 if start is None else start * self._facts.time_base
        got = float(self._end - begin)
        slack = max(0.5, float(3 / self._facts.rate))
        if declared - got > slack:
            self.damage.seconds_missing = declared - got
