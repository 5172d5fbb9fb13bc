"""aioice's connection: local addresses as told, larger socket buffers, bounded queues, pacing, garbage dropped."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from contextlib import suppress
from functools import cache
from typing import Any

from aioice import Candidate, Connection
from aioice.ice import StunProtocol
from aiortc.rtp import is_rtcp

from ..pacing import Pacer
from .adopt import adopt

SOCKET_BUFFER = 4 << 20  # bytes asked for; a keyframe of 4K has 400 kB and arrives at once
LONGEST_QUEUE = 8192  # datagrams received and not yet looked at
LARGEST_DATAGRAM = 1500  # bytes that the SRTP library takes; no peer's packets are larger than Ethernet's
LONGEST_BACKLOG = 1 << 20  # bytes the kernel would not take yet; then datagrams are dropped, as a full network does
GATHER_WITHIN = 2  # seconds a STUN or TURN server has to answer: publishers give up an offer after 8 (OBS)
_log = logging.getLogger(__name__)


class LiveIce(Connection):
    """One connection's ICE agent."""

    addresses: tuple[str, ...] = ()  # local addresses to offer; none: those that aioice finds
    _pacer: Pacer

    def adopted(self) -> None:
        """Begin with an empty pacer."""
        self._pacer = Pacer()

    async def get_component_candidates(self, component: int, addresses: list[str], timeout: int = 5) -> list[Candidate]:
        """As the parent, from the addresses told, with large socket buffers, and without waiting for dead servers."""
        own = list(self.addresses) or addresses
        candidates = await super().get_component_candidates(component, own, min(timeout, GATHER_WITHIN))
        for protocol in self._protocols:
            adopt(protocol, LiveStun)
            endpoint = protocol.transport.get_extra_info("socket")
            if endpoint is not None:  # a TURN allocation has none of its own
                _enlarge_buffers(endpoint)
        return candidates

    def data_received(self, data: bytes, component: int) -> None:
        """Queue a datagram that is no STUN message, or drop it where too many wait.

        Anybody may send one; an empty or too large one would raise in aiortc's reading task, and end the connection.
        """
        if 0 < len(data) <= LARGEST_DATAGRAM and self._queue.qsize() < LONGEST_QUEUE:
            super().data_received(data, component)

    async def sendto(self, data: bytes, component: int) -> None:
        """Send a datagram: media in its turn, what is small and rare at once, for whoever reads may be sending it."""
        wait = self._pacer.wait_for(len(data))
        if wait and is_media(data):
            await asyncio.sleep(wait)
        pair = self._nominated.get(component)
        if pair is None or not is_behind(pair.protocol.transport):
            await super().sendto(data, component)


class LiveStun(StunProtocol):
    """ICE at one local address. A message that is malformed is dropped (RFC 8489 section 6.3).

    aioice expects ValueError of its parser; a short attribute raises struct.error, a traceback for each datagram.
    """

    def adopted(self) -> None:
        """Nothing beyond its parent's."""

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        """Take a datagram of anybody's."""
        with suppress(struct.error):
            super().datagram_received(data, addr)


def is_media(data: bytes) -> bool:
    """Whether a datagram is RTP, encrypted or not: neither DTLS (RFC 7983 section 7) nor RTCP (RFC 5761 section 4)."""
    return data[0] >> 6 == 2 and not is_rtcp(data)


def is_behind(transport: asyncio.DatagramTransport) -> bool:
    """Whether the kernel takes less than is sent. asyncio would keep what it refuses, without end."""
    size = getattr(transport, "get_write_buffer_size", None)  # aioice's TURN transport has none
    return size is not None and size() > LONGEST_BACKLOG


def _enlarge_buffers(endpoint: socket.socket) -> None:
    """Ask for large buffers. Linux gives up to net.core.rmem_max and wmem_max, and then reports twice as much."""
    for option, name in ((socket.SO_RCVBUF, "rmem_max"), (socket.SO_SNDBUF, "wmem_max")):
        endpoint.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER)
        given = endpoint.getsockopt(socket.SOL_SOCKET, option)
        if given < SOCKET_BUFFER:
            _warn_of_small(name, given)


@cache
def _warn_of_small(name: str, given: int) -> None:
    """Say once what a busy stream will lose packets for."""
    _log.warning("socket buffer: %d bytes asked, %d given; raise net.core.%s", SOCKET_BUFFER, given, name)
