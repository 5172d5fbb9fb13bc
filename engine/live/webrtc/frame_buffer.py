"""RTP packets back to frames and in order, without waiting for more than is needed."""

from __future__ import annotations

from dataclasses import dataclass

from .rtp_clock import Unwrapper

CAPACITY = 4096  # packets: some ten keyframes of 4K; a jump in the numbers beyond it is a new beginning
PATIENCE = 0.3  # seconds after which what came beyond a gap goes on; the lost was asked for every 40 ms by then


@dataclass(frozen=True, slots=True)
class ReceivedPacket:
    """What an RTP packet brought; `data` is its part of the frame, without the payload's own header."""

    source: int  # its SSRC
    sequence: int  # 16 bits
    timestamp: int  # 32 bits
    payload_type: int
    marker: bool
    data: bytes
    arrived: float  # seconds of time.perf_counter


@dataclass(frozen=True, slots=True)
class ReceivedFrame:
    """The packets of one RTP timestamp, joined."""

    data: bytes
    payload_type: int
    timestamp: int  # 32 bits
    arrived: tuple[float, float]  # its first packet, its last
    after_gap: bool  # packets before it were lost for good: what refers to them is damaged


class FrameBuffer:
    """Puts packets in order and lets each frame go on its last packet.

    The marker bit ends a frame (RFC 6184 section 5.1, RFC 7741 section 4.1); where a sender leaves it out, the next
    timestamp does. What is complete leaves at once, and all of it. A gap holds back what follows for `PATIENCE`.
    """

    def __init__(self) -> None:
        self._packets: dict[int, ReceivedPacket] = {}
        self._source: int | None = None
        self._restart(0)

    def add(self, packet: ReceivedPacket) -> list[ReceivedFrame]:
        """The frames that `packet` completes, in order: often none, after a recovered loss several."""
        if packet.source != self._source:
            self._source = packet.source
            self._unwrap = Unwrapper(16)
            self._restart(self._unwrap(packet.sequence))
        sequence = self._unwrap(packet.sequence)
        if abs(sequence - self._head) >= CAPACITY:
            self._restart(sequence)
        if sequence >= self._head:
            self._packets.setdefault(sequence, packet)
        frames = self._complete()
        while packet.arrived - self._gap_noticed(packet.arrived) > PATIENCE:
            self._skip_gap()
            frames += self._complete()
        return frames

    def _restart(self, sequence: int) -> None:
        self._packets.clear()
        self._head = self._reach = sequence  # first packet of the next frame; first one that is not there
        self._broken = True

    def _gap_noticed(self, now: float) -> float:
        """When the first packet beyond the gap at `_reach` came; `now` where there is none."""
        if len(self._packets) == self._reach - self._head:
            return now
        return min(packet.arrived for sequence, packet in self._packets.items() if sequence > self._reach)

    def _complete(self) -> list[ReceivedFrame]:
        frames = []
        while (packet := self._packets.get(self._reach)) is not None:
            if packet.timestamp != self._packets[self._head].timestamp:
                frames.append(self._cut())
            self._reach += 1
            if packet.marker:
                frames.append(self._cut())
        return [frame for frame in frames if frame.data]  # padding makes empty ones

    def _cut(self) -> ReceivedFrame:
        """Take the packets before `_reach` out, as one frame."""
        packets = [self._packets.pop(sequence) for sequence in range(self._head, self._reach)]
        self._head = self._reach
        data = b"".join(packet.data for packet in packets)
        times = [packet.arrived for packet in packets]
        first, after_gap = packets[0], self._broken
        self._broken = self._broken and not data
        return ReceivedFrame(data, first.payload_type, first.timestamp, (min(times), max(times)), after_gap)

    def _skip_gap(self) -> None:
        """Give up the frame with the gap; its rest, if any, becomes a frame that nobody can decode."""
        beyond = min(sequence for sequence in self._packets if sequence > self._reach)
        for sequence in range(self._head, self._reach):
            del self._packets[sequence]
        self._head = self._reach = beyond
        self._broken = True
