"""A small WHIP server by aiortc that looks at what it is sent."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import av
from aiohttp import web
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtcpSrPacket
from stream_clips import BOUND, Seen


class _Clock:
    """Of one track: where its zero is on the sender's clock, by its sender reports (RFC 3550 section 6.4.1)."""

    def __init__(self, receiver: Any, rate: int) -> None:
        self._rate = rate
        self._first: int | None = None  # RTP time that aiortc counts from
        self._report: tuple[float, int] | None = None  # the same moment, on the sender's clock and in RTP time
        take_packet, take_report = receiver._handle_rtp_packet, receiver._handle_rtcp_packet

        async def packet_came(packet: Any, arrival_time_ms: int) -> None:
            self._first = packet.timestamp if self._first is None else self._first
            await take_packet(packet, arrival_time_ms)

        async def report_came(packet: Any) -> None:
            if isinstance(packet, RtcpSrPacket):
                info = packet.sender_info
                self._report = info.ntp_timestamp / 2**32, info.rtp_timestamp
            await take_report(packet)

        receiver._handle_rtp_packet, receiver._handle_rtcp_packet = packet_came, report_came

    def zero(self) -> float:
        """Seconds on the sender's clock."""
        assert self._report is not None
        assert self._first is not None
        behind = (self._report[1] - self._first + 2**31) % 2**32 - 2**31
        return self._report[0] - behind / self._rate


class WhipServer:
    """Takes every publisher; `seen` is what came last."""

    def __init__(self, token: str | None = None) -> None:
        self.seen = Seen()
        self._clocks: dict[str, _Clock] = {}
        self.publishers = self.deleted = 0
        self.url = ""
        self._token = token
        self._peers: list[RTCPeerConnection] = []
        self._tasks: list[asyncio.Task[None]] = []

    def offsets(self) -> list[float]:
        """Seconds from each flash to its tone on the sender's clock, which is what receivers play by."""
        apart = self._clocks["audio"].zero() - self._clocks["video"].zero()
        found = [tone + apart - flash for flash in self.seen.flashes for tone in self.seen.tones]
        return [offset for offset in found if abs(offset) < 0.4]

    async def start(self) -> web.AppRunner:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_post("/whip/show", self._publish)
        app.router.add_delete("/session", self._delete)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/whip/show"
        return runner

    async def drop(self) -> None:
        """Close every connection, as a server that goes down."""
        await asyncio.gather(*(peer.close() for peer in self._peers))
        await asyncio.gather(*self._tasks)
        self._peers.clear()
        self._tasks.clear()

    async def _publish(self, request: web.Request) -> web.Response:
        if self._token is not None and request.headers.get("Authorization") != f"Bearer {self._token}":
            return web.Response(status=401)
        self.publishers += 1
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._peers.append(peer)
        peer.on("track", lambda track: self._tasks.append(asyncio.create_task(self._look_at(track))))
        await peer.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
        rates = {"video": 90_000, "audio": 48_000}
        self._clocks = {r.track.kind: _Clock(r, rates[r.track.kind]) for r in peer.getReceivers()}
        await peer.setLocalDescription(await peer.createAnswer())
        headers = {"Location": "/session"}
        return web.Response(status=201, text=peer.localDescription.sdp, content_type="application/sdp", headers=headers)

    async def _delete(self, _: web.Request) -> web.Response:
        self.deleted += 1
        return web.Response()

    async def _look_at(self, track: Any) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, av.VideoFrame):
                self.seen.add_picture(frame)
            else:
                self.seen.add_sound(frame)


@contextmanager
def whip_server(token: str | None = None) -> Iterator[WhipServer]:
    """One that listens, in a thread of its own."""
    loop, server = asyncio.new_event_loop(), WhipServer(token)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(server.start(), loop).result(BOUND)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.drop(), loop).result(BOUND)
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(BOUND)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(BOUND)
        loop.close()
