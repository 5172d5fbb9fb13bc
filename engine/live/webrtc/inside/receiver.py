"""aiortc's RTP receiver: packets come to us instead of its jitter buffer and decoder, losses are asked for again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from aiortc.codecs import is_rtx
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpReceiveParameters
from aiortc.rtcrtpreceiver import RTCRtpReceiver
from aiortc.rtp import AnyRtcpPacket, RtcpByePacket, RtpPacket

from ..frame_buffer import ReceivedPacket
from ..missing import AGAIN, MissingPackets
from .adopt import private, replace_private

SILENCE = 1.0  # seconds after which another source may take the place of one that sends no more
BETWEEN_PLIS = 0.5  # seconds


class Consumer(Protocol):
    """Takes a track's packets, on the event loop."""

    def take(self, packet: ReceivedPacket) -> None:
        """The next packet, in the order of arrival."""

    def close(self) -> None:
        """There will be no more."""

    def join(self) -> None:
        """Wait until all that was begun has ended; called in a thread."""


class _Packets:
    """Stands where aiortc has its jitter buffer, and never has a frame for it."""

    def __init__(self, take: Callable[[RtpPacket], None]) -> None:
        self._take = take

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        self._take(packet)
        return False, None


class _Losses:
    """Stands where aiortc has its NACK generator: `add` says whether to ask for the packets `missing`."""

    def __init__(self, packets: MissingPackets) -> None:
        self._packets = packets
        self.missing: list[int] = []

    def add(self, packet: RtpPacket) -> bool:
        self._packets.received(packet.sequence_number)
        self.missing = self._packets.due()
        return bool(self.missing)


class LiveReceiver(RTCRtpReceiver):
    """Receives one track, of one source at a time.

    `consumer` gets every packet. aiortc itself decodes nothing, and its `track` ends at once.
    """

    consumer: Consumer | None

    def adopted(self) -> None:
        """Put ours in place of aiortc's jitter buffer and NACK generator."""
        self.consumer = None
        self._source: int | None = None
        self._heard = self._asked_keyframe = float("-inf")
        self._losses = MissingPackets()
        self._tasks: set[asyncio.Task[None]] = set()
        self._asking: asyncio.Task[None] | None = None
        replace_private(self, RTCRtpReceiver, "jitter_buffer", _Packets(self._hand_on))
        if self.kind == "video":
            replace_private(self, RTCRtpReceiver, "nack_generator", _Losses(self._losses))

    @property
    def kind(self) -> str:
        """Either "video" or "audio"."""
        kind: str = private(self, RTCRtpReceiver, "kind")
        return kind

    def codec(self, payload_type: int) -> RTCRtpCodecParameters:
        """What packets of this type carry, among the types negotiated."""
        codecs: dict[int, RTCRtpCodecParameters] = private(self, RTCRtpReceiver, "codecs")
        return codecs[payload_type]

    def ask_keyframe(self) -> None:
        """Send a picture loss indication (RFC 4585 section 6.3.1), unless one went out just before."""
        now = time.perf_counter()
        if self._source is not None and now - self._asked_keyframe >= BETWEEN_PLIS:
            self._asked_keyframe = now
            self._begin(self._send_rtcp_pli(self._source))

    async def receive(self, parameters: RTCRtpReceiveParameters) -> None:
        """Begin to receive. aiortc starts its decoder's thread, which ends at once: we have our own."""
        await super().receive(parameters)
        private(self, RTCRtpReceiver, "decoder_queue").put(None)

    async def stop(self) -> None:
        """End for good, with all that was begun."""
        await super().stop()
        for task in self._tasks:
            task.cancel()
        if self.consumer is not None:
            self.consumer.close()
            await asyncio.to_thread(self.consumer.join)

    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        codec = private(self, RTCRtpReceiver, "codecs").get(packet.payload_type)
        if codec is None or not self._is_of_source(packet, again=is_rtx(codec)):
            return
        await super()._handle_rtp_packet(packet, arrival_time_ms)
        if self._losses.waiting and self._asking is None:
            self._asking = self._begin(self._ask_again())

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        """At the source's goodbye wait for the next one, which may be the same."""
        await super()._handle_rtcp_packet(packet)
        if isinstance(packet, RtcpByePacket) and self._source in packet.sources:
            self._forget_source()

    async def _run_rtcp(self) -> None:
        try:
            await super()._run_rtcp()
        finally:  # aiortc's `stop` waits for it for ever, also after an error: numbers too large for their field
            private(self, RTCRtpReceiver, "rtcp_exited").set()

    def _is_of_source(self, packet: RtpPacket, *, again: bool) -> bool:
        """Whether to take a packet: simulcast may bring several sources, of which one can be decoded.

        `again` tells a retransmission (RFC 4588), which has a source of its own; where the offer does not name it,
        the first one seen is taken for it.
        """
        again_sources: dict[int, int] = private(self, RTCRtpReceiver, "rtx_ssrc")
        if again:
            if self._source is not None and not again_sources:
                again_sources[packet.ssrc] = self._source
            return again_sources.get(packet.ssrc) == self._source is not None
        now = time.perf_counter()
        if packet.ssrc != self._source:
            if now - self._heard < SILENCE:
                return False
            if self._source is not None:
                self._forget_source()
            self._source = packet.ssrc
        self._heard = now
        return True

    def _forget_source(self) -> None:
        private(self, RTCRtpReceiver, "rtx_ssrc").clear()
        self._losses.forget()
        self._source, self._heard = None, float("-inf")

    def _hand_on(self, packet: RtpPacket) -> None:
        if self.consumer is not None:
            data: bytes = packet._data  # type: ignore[attr-defined]  # aiortc puts it there, without the payload's header
            self.consumer.take(
                ReceivedPacket(
                    packet.ssrc,
                    packet.sequence_number,
                    packet.timestamp,
                    packet.payload_type,
                    bool(packet.marker),
                    data,
                    time.perf_counter(),
                )
            )

    async def _ask_again(self) -> None:
        """Ask for what is missing until it is there or given up, also when no packet comes to remind us."""
        while self._losses.waiting and self._source is not None:
            await asyncio.sleep(AGAIN)
            if lost := self._losses.due():
                await self._send_rtcp_nack(self._source, lost)
        self._asking = None

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
