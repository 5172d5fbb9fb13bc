"""What our server is measured against: plain aiortc, which upscales inside `recv()`, as others build it.

The same engine and model, WHIP in and WHEP out over the same HTTP server, aiortc's own relay between them; only the
live path differs. Beside loopback addresses nothing of aiortc is changed.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from fractions import Fraction
from uuid import uuid4

import av
import uvicorn
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaBlackhole, MediaRelay
from fastapi import FastAPI, Request, Response

from ...engine.compute import Compute
from ...engine.frame import DecodedFrame
from ...engine.geometry import TargetSize, plan_geometry
from ...engine.layout import layout_of
from ...engine.model import load_model, precisions_of
from ...engine.upscaler import Upscaler
from .child import Link
from .frames import decoded_frame
from .loopback import ADDRESS
from .peer import new_connection


@dataclass(frozen=True)
class StockSettings:
    """`slow_ms` is slept in each frame, as if the model took so much longer."""

    model: str
    scale: int
    slow_ms: float = 0.0


def serve(link: Link, settings: StockSettings) -> None:
    """Serve on a free port of loopback until told to end; `ready` gives the address. For a process of its own."""
    asyncio.run(_serve(link, settings))


async def _serve(link: Link, settings: StockSettings) -> None:
    sessions = _Sessions(settings)
    server = uvicorn.Server(uvicorn.Config(_app(sessions), host=ADDRESS, port=0, log_level="error"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)  # uvicorn tells it by this flag only
    link.ready(f"http://{ADDRESS}:{server.servers[0].sockets[0].getsockname()[1]}")
    await link.told_to_end()
    await sessions.close()
    server.should_exit = True
    await serving


def _app(sessions: _Sessions) -> FastAPI:
    app = FastAPI()

    @app.post("/whip/{stream}")
    async def whip(request: Request, stream: str) -> Response:
        return await sessions.publish(stream, (await request.body()).decode())

    @app.post("/whep/{stream}")
    async def whep(request: Request, stream: str) -> Response:
        return await sessions.watch(stream, (await request.body()).decode())

    @app.delete("/sessions/{number}")
    async def end(number: str) -> Response:
        await sessions.connections.pop(number).close()
        return Response()

    return app


@dataclass
class _Sessions:
    settings: StockSettings
    connections: dict[str, RTCPeerConnection] = field(default_factory=dict)
    streams: dict[str, MediaStreamTrack] = field(default_factory=dict)
    relay: MediaRelay = field(default_factory=MediaRelay)

    async def publish(self, stream: str, sdp: str) -> Response:
        connection = new_connection()

        @connection.on("track")
        async def track(track: MediaStreamTrack) -> None:
            self.streams[stream] = enlarged = _Enlarged(track, self.settings)
            drain = MediaBlackhole()  # or all that comes before the first viewer would wait for it in a queue
            drain.addTrack(self.relay.subscribe(enlarged))
            await drain.start()

        return await self._answer(connection, sdp)

    async def watch(self, stream: str, sdp: str) -> Response:
        if stream not in self.streams:
            return Response(status_code=404)
        connection = new_connection()
        connection.addTrack(self.relay.subscribe(self.streams[stream]))
        return await self._answer(connection, sdp)

    async def close(self) -> None:
        await asyncio.gather(*(connection.close() for connection in self.connections.values()))

    async def _answer(self, connection: RTCPeerConnection, sdp: str) -> Response:
        number = uuid4().hex
        self.connections[number] = connection
        await connection.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        await connection.setLocalDescription(await connection.createAnswer())
        answer = connection.localDescription.sdp
        return Response(answer, 201, {"Location": f"/sessions/{number}"}, "application/sdp")


class _Enlarged(MediaStreamTrack):
    """Upscales where it is asked for a frame."""

    kind = "video"

    def __init__(self, source: MediaStreamTrack, settings: StockSettings) -> None:
        super().__init__()
        self._source, self._settings = source, settings
        self._upscaler: Upscaler | None = None
        self._size = (0, 0)

    async def recv(self) -> av.VideoFrame:
        picture = await self._source.recv()
        assert isinstance(picture, av.VideoFrame)
        return await asyncio.to_thread(self._enlarged, decoded_frame(picture))

    def _enlarged(self, frame: DecodedFrame) -> av.VideoFrame:
        size = (frame.picture.width, frame.picture.height)
        if self._upscaler is None or size != self._size:  # browsers change it in mid-stream
            self._upscaler, self._size = upscaler_for(frame, self._settings.model, self._settings.scale), size
        larger = self._upscaler.upscale(frame).picture
        larger.pts, larger.time_base = frame.pts, frame.time_base
        time.sleep(self._settings.slow_ms / 1000)
        return larger


def upscaler_for(frame: DecodedFrame, model: str, scale: int) -> Upscaler:
    """All threads on each frame, the model's form chosen as for a file; for frames like this one."""
    layout, compute = layout_of(frame.picture.format.name), Compute(mode="latency")
    loaded = load_model(model, scale=scale, precision=compute.form_among(precisions_of(model, scale), layout.depth))
    picture = frame.picture
    geometry = plan_geometry(picture.width, picture.height, Fraction(1), TargetSize(scale), loaded.scale)
    return Upscaler(loaded, layout, frame.colour, geometry, compute=compute)
