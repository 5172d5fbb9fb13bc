"""Peers that speak to a real server: publish by WHIP, watch by WHEP, as aiortc clients."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from rtc_peers import Client, NumberedVideo, Tone, client, until
from serving import LiveServer

SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}


@dataclass
class Visit:
    """A peer with its session."""

    peer: Client
    answer: httpx.Response

    @property
    def location(self) -> str:
        return self.answer.headers["Location"]

    async def sees(self, more: int = 15) -> None:
        """Wait until it has received `more` pictures, each with a number of its own."""
        before = len(self.peer.numbers)
        await until(lambda: len(self.peer.numbers) >= before + more, what=f"{more} more pictures")
        assert len(set(self.peer.numbers[before:])) >= more - 2


@asynccontextmanager
async def speaking(server: LiveServer) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the server's, with its token."""
    headers = {} if server.token is None else {"Authorization": f"Bearer {server.token}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30, trust_env=False) as http:
        yield http


@asynccontextmanager
async def publishing(
    http: httpx.AsyncClient, stream: str, *, codec: str = "VP8", audio: bool = False, **query: Any
) -> AsyncIterator[Visit]:
    """Publishes numbered pictures until the end, and then ends its session."""
    async with client() as peer:
        peer.publish(NumberedVideo(), codec)
        if audio:
            peer.publish(Tone())
        answer = await http.post(f"/whip/{stream}", content=await peer.offer(), headers=SDP, params=query)
        async with _connected(http, peer, answer) as visit:
            yield visit


@asynccontextmanager
async def watching(
    http: httpx.AsyncClient, stream: str, *, codec: str | None = None, audio: bool = False
) -> AsyncIterator[Visit]:
    """Watches until the end, and then ends its session."""
    async with client() as peer:
        peer.watch(codec=codec)
        if audio:
            peer.watch("audio")
        answer = await http.post(f"/whep/{stream}", content=await peer.offer(), headers=SDP)
        async with _connected(http, peer, answer) as visit:
            yield visit


@asynccontextmanager
async def _connected(http: httpx.AsyncClient, peer: Client, answer: httpx.Response) -> AsyncIterator[Visit]:
    assert answer.status_code == 201, answer.text
    visit = Visit(peer, answer)
    try:
        await peer.accept(answer.text)
        await peer.connected()
        yield visit
    finally:
        await http.delete(visit.location)


async def offered(codec: str | None = None, direction: str = "sendonly") -> str:
    """The offer of a client that will never come."""
    async with client() as peer:
        if direction == "recvonly":
            peer.watch(codec=codec)
        else:
            peer.publish(NumberedVideo(), codec, direction)
        return await peer.offer()
