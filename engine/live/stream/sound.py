"""The sound's packets for a destination: copied where it takes the codec, else encoded anew (AAC or Opus)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
import av.error
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.packet import Packet

from ...media import AnyPacket, codec_name
from .addresses import Destination

RATE = 48_000  # Hz, of what is encoded: all that Opus in WebRTC has, and every destination takes it
BITRATE = 128_000  # bits a second
_ENCODERS = {"aac": "aac", "opus": "libopus"}


@dataclass(frozen=True)
class SoundPacket:
    """A packet on its way to a destination."""

    data: bytes
    pts: int
    duration: int
    time_base: Fraction


class Sound:
    """The sound of all connections to a source, as one track."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._source: AudioStream | None = None
        self._encoder: _Encoder | None = None
        self._kind: tuple[object, ...] | None = None  # of what is copied
        self._described: bytes | None = None
        self.refused = 0  # packets that could not be passed on

    @property
    def description(self) -> bytes | None:
        """What a muxer must know, as a Matroska file with the track's first packet; None until that has come."""
        return self._described if self._encoder is None else self._encoder.description

    @property
    def how(self) -> str:
        """What becomes of it."""
        if self._source is None:
            return "none"
        return f"encoded as {self._encoder.codec}" if self._encoder is not None else "copied"

    def connected(self, stream: AudioStream) -> None:
        """A connection brings this track."""
        self._source = stream
        if self._described is None and not self._taken(stream):
            self._encoder = _Encoder(self._destination.sound or frozenset({"aac"}))
        if self._encoder is not None:
            self._encoder.connected(stream)

    def packets(self, packet: AnyPacket) -> list[SoundPacket]:
        """What goes to the destination for a packet of the source, whose times are on the timeline already."""
        try:
            return _from_zero(self._copied(packet) if self._encoder is None else self._encoder.packets(packet))
        except (av.error.FFmpegError, ValueError):  # damage on the way
            self.refused += 1
            return []

    def flush(self) -> list[SoundPacket]:
        """What an encoder still holds, at the end of the stream."""
        try:
            return [] if self._encoder is None else _from_zero(self._encoder.flush())
        except (av.error.FFmpegError, ValueError):  # it was damaged
            self.refused += 1
            return []

    def _taken(self, stream: AudioStream) -> bool:
        """Whether the destination takes the packets as they are."""
        codec, taken = codec_name(stream), self._destination.sound
        if self._destination.kind == "whip":
            return codec == "opus" and stream.rate == RATE
        if self._destination.kind == "rtsp" and codec == "aac" and not stream.codec_context.extradata:
            return False  # its configuration must be in the SDP; in ADTS it is in the packets
        return _can_be_described(stream) and (taken is None or codec in taken)

    def _copied(self, packet: AnyPacket) -> list[SoundPacket]:
        assert self._source is not None
        kind = (codec_name(self._source), self._source.rate, self._source.layout.name)
        if self._described is None:
            self._described, self._kind = _description(self._source, packet), kind
        if kind != self._kind:  # after a new connection: the destination's track cannot change
            self.refused += 1
            return []
        return [_packet(packet)]


class _Encoder:
    """Frames of any kind to packets of one kind."""

    def __init__(self, taken: frozenset[str]) -> None:
        self.codec = "aac" if "aac" in taken else "opus"
        self.description: bytes | None = None  # from the first packet on
        self._file = io.BytesIO()
        self._container = av.open(self._file, "w", format="matroska")
        stream = self._container.add_stream(_ENCODERS[self.codec], rate=RATE, bit_rate=BITRATE)
        assert isinstance(stream, AudioStream)
        self._stream = stream
        self._stream.layout = "stereo"

    def connected(self, stream: AudioStream) -> None:
        """A connection brings this track."""
        self._source = stream
        self._resampler = AudioResampler(self._stream.format, self._stream.layout, RATE)

    def packets(self, packet: AnyPacket) -> list[SoundPacket]:
        """Those that are ready after `packet`. Raises FFmpegError where it cannot be decoded."""
        return self._encoded(
            [ready for frame in self._source.decode(packet) for ready in self._resampler.resample(frame)]
        )

    def flush(self) -> list[SoundPacket]:
        """Those that are left at the end."""
        return self._encoded([*self._resampler.resample(None), None])

    def _encoded(self, frames: Sequence[AudioFrame | None]) -> list[SoundPacket]:
        made = [encoded for frame in frames for encoded in self._stream.encode(frame)]
        packets = [_packet(encoded) for encoded in made]
        if made and self.description is None:
            self._container.mux_one(made[0])
            self._container.close()
            self.description = self._file.getvalue()
        return packets


def _from_zero(packets: list[SoundPacket]) -> list[SoundPacket]:
    """Those that are not before the beginning."""
    return [packet for packet in packets if packet.pts >= 0]


def _packet(packet: AnyPacket) -> SoundPacket:
    """Raises ValueError for one without a time."""
    pts = packet.dts if packet.pts is None else packet.pts
    if pts is None:
        raise ValueError("a packet without a time")
    return SoundPacket(bytes(packet), pts, packet.duration or 0, packet.time_base)


def _can_be_described(stream: AudioStream) -> bool:
    try:
        with av.open(io.BytesIO(), "w", format="matroska") as container:
            container.add_stream_from_template(stream, opaque=True)
    except ValueError:
        return False
    return True


def _description(stream: AudioStream, packet: AnyPacket) -> bytes:
    file, first = io.BytesIO(), Packet(bytes(packet))
    with av.open(file, "w", format="matroska") as container:
        first.stream = container.add_stream_from_template(stream, opaque=True)
        first.pts = first.dts = 0
        first.time_base = packet.time_base
        container.mux_one(first)
    return file.getvalue()
