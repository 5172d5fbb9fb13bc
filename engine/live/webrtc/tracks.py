"""Encoded frames and packets as tracks for aiortc, which packs and sends them as they are."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Protocol

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from ...frame import Ledger
from ..encoded import EncodedFrame
from ..slot import Closed


class Frames(Protocol):
    """Where one viewer's frames come from: a seat of the fan-out."""

    async def next(self) -> EncodedFrame:
        """The next frame to send. Raises Closed."""


class VideoPackets(MediaStreamTrack):
    """One viewer's video."""

    kind = "video"

    def __init__(self, frames: Frames, sent: Callable[[Ledger], None]) -> None:
        """`sent` gets, on the event loop, a copy of each frame's ledger with the span "send" when its packets are out.

        A copy, for other viewers get the same frame. The span begins as the frame goes to aiortc and ends when aiortc
        wants the next one: it has sent the last packet then.
        """
        super().__init__()
        self._frames = frames
        self._sent = sent
        self._going: tuple[Ledger, float] | None = None

    async def recv(self) -> av.Packet[Any]:
        """The next frame, encoded. Raises MediaStreamError at the end."""
        if self._going is not None:
            ledger, began = self._going
            self._going = None
            self._sent(Ledger({**ledger.spans, "send": (began, time.perf_counter())}))
        try:
            frame = await self._frames.next()
        except Closed:
            self.stop()
            raise MediaStreamError from None
        self._going = frame.ledger, time.perf_counter()
        return packet_of(frame.data, frame.pts, frame.time_base)


def packet_of(data: bytes, pts: int, time_base: Fraction) -> av.Packet[Any]:
    """Encoded bytes with their time."""
    packet = av.Packet(data)
    packet.pts, packet.time_base = pts, time_base
    return packet
