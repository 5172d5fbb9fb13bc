"""Opus packets passed through, as late as the picture is: lips and voice stay together.

A sender report pairs a packet's RTP time with the time it was sent (RFC 3550 section 6.4.1); so a receiver cannot know
how long we worked on the picture, and what delays one track must delay the other equally.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from ..delay import LONGEST_DELAY
from .incoming import OPUS_RATE, OpusPacket
from .tracks import packet_of

STEP = 0.001  # seconds that the delay may move with each packet: nobody hears a twentieth of its length
MOST_WAITING = 128  # packets: the longest delay, at 20 ms each, and some
MOST_UNSENT = 16  # packets that one viewer's connection has not taken yet


class AudioPackets(MediaStreamTrack):
    """One viewer's audio."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._queue: deque[OpusPacket] = deque(maxlen=MOST_UNSENT)  # the oldest goes when it is full
        self._changed = asyncio.Event()

    def put(self, packet: OpusPacket) -> None:
        """Send `packet` next."""
        self._queue.append(packet)
        self._changed.set()

    async def recv(self) -> av.Packet[Any]:
        """The next packet. Raises MediaStreamError at the end."""
        while not self._queue:
            if self.readyState == "ended":
                raise MediaStreamError
            self._changed.clear()
            await self._changed.wait()
        packet = self._queue.popleft()
        return packet_of(packet.data, packet.pts, Fraction(1, OPUS_RATE))

    def stop(self) -> None:
        """End the track; whoever waits in `recv` is told."""
        super().stop()
        self._queue.clear()
        self._changed.set()


class DelayedAudio:
    """One publication's audio on its way to all viewers. For one event loop only."""

    def __init__(self, picture_delay: Callable[[], float]) -> None:
        """`picture_delay` gives the seconds that the picture now takes from its arrival to its departure."""
        self.packets = 0
        self._picture_delay = picture_delay
        self._delay: float | None = None
        self._waiting: deque[tuple[float, OpusPacket]] = deque()
        self._tracks: set[AudioPackets] = set()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def delay(self) -> float:
        """Seconds by which packets are held back now."""
        return self._delay or 0.0

    def add(self) -> AudioPackets:
        """A viewer's track; it leaves when it ends."""
        track = AudioPackets()
        track.on("ended", lambda: self._tracks.discard(track))
        self._tracks.add(track)
        return track

    def put(self, packet: OpusPacket) -> None:
        """Send `packet` on when its time comes."""
        self.packets += 1
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append((self.leaves(packet.arrived), packet))
        self._arm()

    def leaves(self, arrived: float) -> float:
        """When a packet that arrived then is to leave; the delay moves a step towards the picture's."""
        wanted = min(max(self._picture_delay(), 0.0), LONGEST_DELAY)
        delay = wanted if self._delay is None else self._delay
        self._delay = delay + min(max(wanted - delay, -STEP), STEP)
        return arrived + self._delay

    def close(self) -> None:
        """End every viewer's audio and drop what waits."""
        if self._timer is not None:
            self._timer.cancel()
        self._waiting.clear()
        for track in list(self._tracks):
            track.stop()

    def _arm(self) -> None:
        if self._timer is None and self._waiting:
            wait = self._waiting[0][0] - time.perf_counter()
            self._timer = asyncio.get_running_loop().call_later(max(wait, 0.0), self._send_due)

    def _send_due(self) -> None:
        self._timer = None
        while self._waiting and self._waiting[0][0] <= time.perf_counter():
            _, packet = self._waiting.popleft()
            for track in self._tracks:
                track.put(packet)
        self._arm()
