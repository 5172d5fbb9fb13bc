"""Audio packets in order. What is late by two packets is given up: audio must not fall behind the picture."""

from __future__ import annotations

from .frame_buffer import ReceivedPacket
from .rtp_clock import Unwrapper

DEPTH = 2  # packets that may wait for an earlier one: 40 ms
JUMP = 1000  # a step in the numbers beyond it is a new beginning


class PacketOrder:
    """Releases each packet as soon as those before it are gone or given up."""

    def __init__(self) -> None:
        self._waiting: dict[int, ReceivedPacket] = {}
        self._source: int | None = None
        self._unwrap = Unwrapper(16)
        self._next = 0

    def add(self, packet: ReceivedPacket) -> list[ReceivedPacket]:
        """The packets that may go now, in order. Padding (no data) keeps its place and is left out."""
        if packet.source != self._source:
            self._source, self._unwrap = packet.source, Unwrapper(16)
            self._begin_at(self._unwrap(packet.sequence))
        number = self._unwrap(packet.sequence)
        if abs(number - self._next) > JUMP:
            self._begin_at(number)
        if number >= self._next:
            self._waiting.setdefault(number, packet)
        if len(self._waiting) > DEPTH:
            self._next = min(self._waiting)
        released = []
        while self._next in self._waiting:
            released.append(self._waiting.pop(self._next))
            self._next += 1
        return [each for each in released if each.data]

    def _begin_at(self, number: int) -> None:
        self._waiting.clear()
        self._next = number
