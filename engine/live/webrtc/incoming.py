"""What a peer sends: its video as pictures, its audio as Opus packets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from .decoding import DecodingCounts, DecodingThread, OnPicture
from .frame_buffer import FrameBuffer, ReceivedPacket
from .inside.receiver import LiveReceiver
from .packet_order import PacketOrder
from .rtp_clock import RtpClock

OPUS_RATE = 48_000  # ticks a second, whatever the sample rate (RFC 7587 section 4.1)
LARGEST_OPUS = 1200  # bytes: 20 ms at 480 kb/s, where browsers send 2 to 5; with its headers it still fits a datagram
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpusPacket:
    """One packet of Opus, as it came."""

    data: bytes
    pts: int  # in 1/48000 s, rising, from 0
    arrived: float  # seconds of time.perf_counter


class IncomingVideo:
    """Packets -> frames -> pictures. Ends with its receiver."""

    def __init__(self, receiver: LiveReceiver, on_picture: OnPicture) -> None:
        self._receiver = receiver
        self._loop = asyncio.get_running_loop()
        self._buffer = FrameBuffer()
        self._decoding = DecodingThread(on_picture, self._ask_keyframe)
        receiver.consumer = self

    @property
    def counts(self) -> DecodingCounts:
        """What became of the frames so far."""
        return self._decoding.counts

    def take(self, packet: ReceivedPacket) -> None:
        """A packet has come."""
        for frame in self._buffer.add(packet):
            self._decoding.put(self._receiver.codec(frame.payload_type).name.lower(), frame)

    def close(self) -> None:
        """End the decoding thread."""
        self._decoding.close()

    def join(self) -> None:
        """Wait for its end."""
        self._decoding.join()

    def _ask_keyframe(self) -> None:
        self._loop.call_soon_threadsafe(self._receiver.ask_keyframe)


class IncomingAudio:
    """Opus packets in order, undecoded. Ends with its receiver.

    One too large is dropped: SRTP refuses to send it on, and the sender of every viewer would end at that.
    """

    def __init__(self, receiver: LiveReceiver, on_packet: Callable[[OpusPacket], None]) -> None:
        self.dropped = 0  # packets too large
        self._on_packet = on_packet
        self._order = PacketOrder()
        self._clock = RtpClock(OPUS_RATE, usual=OPUS_RATE // 50)
        receiver.consumer = self

    def take(self, packet: ReceivedPacket) -> None:
        """A packet has come."""
        for each in self._order.add(packet):
            if len(each.data) > LARGEST_OPUS:
                self._drop(len(each.data))
            else:
                self._on_packet(OpusPacket(each.data, self._clock(each.timestamp), each.arrived))

    def _drop(self, size: int) -> None:
        self.dropped += 1
        if self.dropped == 1:
            _log.warning("Opus packet of %d bytes dropped (further ones are only counted)", size)

    def close(self) -> None:
        """Nothing was begun."""

    def join(self) -> None:
        """Likewise."""


def incoming_video(receiver: LiveReceiver, on_picture: OnPicture) -> IncomingVideo:
    """Decode what `receiver` gets. `on_picture` is called in a thread of its own with each picture and its ledger.

    The ledger has the spans "arrive" (first packet in, last packet in) and "decode". The picture's time is in
    1/90000 s, rising, from 0. `on_picture` must not wait: frames would queue up, to be dropped to the next keyframe.
    """
    return IncomingVideo(receiver, on_picture)


def incoming_audio(receiver: LiveReceiver, on_packet: Callable[[OpusPacket], None]) -> IncomingAudio:
    """Hand on the Opus packets that `receiver` gets, on the event loop, in order."""
    return IncomingAudio(receiver, on_packet)
