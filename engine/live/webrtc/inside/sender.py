"""aiortc's RTP sender: feedback goes to callbacks; retransmissions are bounded, and nobody waits for them."""

from __future__ import annotations

import asyncio
import struct
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from aiortc.rtcrtpsender import RTCRtpSender
from aiortc.rtp import RTCP_PSFB_APP, AnyRtcpPacket, RtcpPsfbPacket, unpack_remb_fci

from .adopt import private
from .constants import HISTORY

MOST_AT_ONCE = 512  # packets sent again in a row: a keyframe of 4K that was lost whole
SHARE = 0.5  # beyond that, retransmissions for each packet sent
BETWEEN = 0.02  # seconds before the same packet is sent again


class LiveSender(RTCRtpSender):
    """Sends one track of encoded frames.

    `on_keyframe_wanted` is called on the event loop for each picture loss indication and full intra request, however
    many the peer sends; `on_bitrate` with the peer's estimate of what it can receive, in bits a second (REMB).
    """

    on_keyframe_wanted: Callable[[], None] | None
    on_bitrate: Callable[[int], None] | None

    def adopted(self) -> None:
        """Begin with nothing sent."""
        self.on_keyframe_wanted = None
        self.on_bitrate = None
        self._allowance = float(MOST_AT_ONCE)
        self._counted = 0
        self._sent_again: dict[int, float] = {}
        self._again: deque[int] = deque()  # sequence numbers yet to be sent again
        self._sending_again: asyncio.Task[None] | None = None

    async def stop(self) -> None:
        """End for good, with all that was begun."""
        if self._sending_again is not None:
            self._sending_again.cancel()
        await super().stop()

    def _send_keyframe(self) -> None:
        if self.on_keyframe_wanted is not None:
            self.on_keyframe_wanted()

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        await super()._handle_rtcp_packet(packet)
        if self.on_bitrate is not None and isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_APP:
            bitrate = _estimate(packet.fci)
            if bitrate is not None:
                self.on_bitrate(bitrate)

    async def _retransmit(self, sequence_number: int) -> None:
        """Put it in the queue: the pacer makes it wait, and the task that calls this reads what comes in."""
        if len(self._again) < MOST_AT_ONCE and self._may_send_again(sequence_number):
            self._again.append(sequence_number)
            if self._sending_again is None or self._sending_again.done():
                self._sending_again = asyncio.get_running_loop().create_task(self._send_again())

    async def _send_again(self) -> None:
        with suppress(ConnectionError):  # the connection is over
            while self._again:
                await super()._retransmit(self._again.popleft())

    def _may_send_again(self, sequence: int) -> bool:
        """A flood of requests must not become a flood of packets."""
        sent: int = private(self, RTCRtpSender, "packet_count")
        self._allowance = min(MOST_AT_ONCE, self._allowance + SHARE * (sent - self._counted))
        self._counted = sent
        now = time.perf_counter()
        place = sequence % HISTORY
        if self._allowance < 1 or now - self._sent_again.get(place, float("-inf")) < BETWEEN:
            return False
        self._allowance -= 1
        self._sent_again[place] = now
        return True


def _estimate(feedback: bytes) -> int | None:
    """The bitrate in a REMB message; None for any other application's (draft-alvestrand-rmcat-remb-03 section 2.2)."""
    try:
        return unpack_remb_fci(feedback)[0]
    except (ValueError, struct.error):
        return None
