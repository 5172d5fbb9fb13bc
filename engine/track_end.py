"""Where an MP4 track ends: its last packet must last until the last frame has been shown.

MP4 stores the steps from one decoding time to the next, and a track is as long as their sum. With B-frames the
packet decoded last is not the frame shown last, whose duration would be lost, and with it, at a variable rate, the
end of the track.
"""

from __future__ import annotations

from .media import AnyPacket


class TrackEnd:
    """Holds back the newest packet of a track, so that the very last can be given its duration."""

    def __init__(self) -> None:
        self._held: AnyPacket | None = None
        self._decoding_began = self._begin = self._end = 0  # in the packets' time base

    def hold(self, packets: list[AnyPacket]) -> list[AnyPacket]:
        """The held packet and all of these but the newest, which is held until more come."""
        ready = []
        for packet in packets:
            self._measure(packet)
            ready += [] if self._held is None else [self._held]
            self._held = packet
        return ready

    def release(self) -> list[AnyPacket]:
        """The last packet, if there was any."""
        if self._held is None:
            return []
        decoded = (self._held.dts or 0) - self._decoding_began
        self._held.duration = max(self._held.duration or 0, self._end - self._begin - decoded)
        return [self._held]

    def _measure(self, packet: AnyPacket) -> None:
        pts, dts = packet.pts or 0, packet.dts or 0
        if self._held is None:
            self._decoding_began, self._begin = dts, pts
        self._begin = min(self._begin, pts)
        self._end = max(self._end, pts + (packet.duration or 0))
