"""What publisher and viewer share: an aiortc connection over loopback, with one video of one codec, and its session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpCodecCapability,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.stats import RTCTransportStats

from . import signalling
from .codecs import MIME_TYPES, Codec
from .failures import NotConnected
from .loopback import ADDRESS, use_loopback

_SECONDS = 15.0  # until a connection stands


def new_connection(*, tuned: bool = False) -> RTCPeerConnection:
    """A connection that asks no server and offers loopback only; `tuned` is with our changes to aiortc."""
    if tuned:
        from ...engine.live.webrtc.inside.peer import LivePeer  # noqa: PLC0415  plain aiortc stays plain

        return LivePeer([], (ADDRESS,))
    use_loopback()
    return RTCPeerConnection(RTCConfiguration(iceServers=[]))


def prefer(transceiver: RTCRtpTransceiver, codec: Codec) -> None:
    """Offer this codec and retransmission, nothing else."""
    transceiver.setCodecPreferences(_capabilities(MIME_TYPES[codec]))


@asynccontextmanager
async def session(connection: RTCPeerConnection, url: str) -> AsyncIterator[signalling.Answer]:
    """Offer to `url` (WHIP or WHEP) and wait for the connection; both are ended. Raises Refused, NotConnected."""
    try:
        await connection.setLocalDescription(await connection.createOffer())
        answer = await signalling.offer(url, connection.localDescription.sdp)
        try:
            await connection.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
            await _connected(connection)
            yield answer
        finally:
            await signalling.end(answer)
    finally:
        await connection.close()


async def bytes_received(connection: RTCPeerConnection) -> int:
    """Of SRTP and DTLS, above UDP."""
    reports = (await connection.getStats()).values()
    return sum(report.bytesReceived for report in reports if isinstance(report, RTCTransportStats))


def _capabilities(mime_type: str) -> list[RTCRtpCodecCapability]:
    known = RTCRtpSender.getCapabilities("video").codecs
    return [codec for codec in known if codec.mimeType in (mime_type, "video/rtx")]


async def _connected(connection: RTCPeerConnection) -> None:
    changed = asyncio.Event()
    connection.on("connectionstatechange", changed.set)
    try:
        async with asyncio.timeout(_SECONDS):
            while connection.connectionState in {"new", "connecting"}:
                changed.clear()
                await changed.wait()
    except TimeoutError:
        raise NotConnected(f"still {connection.connectionState} after {_SECONDS:g} seconds") from None
    if connection.connectionState != "connected":
        raise NotConnected(f"the connection is {connection.connectionState}")
