"""Sessions opened and closed, one after the other, beside a stream that goes on."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from .child import Link
from .codecs import Codec
from .failures import NotConnected, Refused
from .peer import new_connection, prefer, session
from .publisher import Camera, Sent
from .scene import Scene


@dataclass(frozen=True)
class Churning:
    """`sessions` within `seconds`, evenly: viewers of the stream at `whep`, and publishers at `whip` in turn."""

    scene: Scene
    whip: str
    whep: str
    codec: Codec
    sessions: int
    seconds: float


@dataclass
class Churned:
    """What became of them."""

    opened: int = 0
    failed: int = 0
    why: str | None = None  # the first failure


def churn(link: Link, churning: Churning) -> Churned:
    """Open and close all of them, or until told to end. For a process of its own."""
    return asyncio.run(_churn(link, churning))


async def _churn(link: Link, churning: Churning) -> Churned:
    done = Churned()
    link.ready()
    began, told = time.perf_counter(), asyncio.create_task(link.told_to_end())
    for number in range(churning.sessions):
        due = began + churning.seconds * number / churning.sessions
        await asyncio.wait([told], timeout=max(0.0, due - time.perf_counter()))
        if told.done():
            break
        try:
            await _one(churning, publishes=number % 2 == 1)
            done.opened += 1
        except (Refused, NotConnected, TimeoutError) as error:
            done.failed += 1
            done.why = done.why or f"{type(error).__name__}: {error}"
    await told
    return done


async def _one(churning: Churning, *, publishes: bool) -> None:
    """A session, until its first frame went or came and a little more. Raises Refused, NotConnected, TimeoutError."""
    connection, sent = new_connection(), Sent()
    camera = Camera(churning.scene, sent)
    transceiver = connection.addTransceiver(camera if publishes else "video", "sendonly" if publishes else "recvonly")
    prefer(transceiver, churning.codec)
    async with session(connection, churning.whip if publishes else churning.whep), asyncio.timeout(10):
        if publishes:
            while len(sent.made) < 10:
                await asyncio.sleep(0.05)
        else:
            await transceiver.receiver.track.recv()
