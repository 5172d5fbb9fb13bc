"""The registry of the media process, and what it holds, without the process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import asdict
from fractions import Fraction
from typing import Any

import pytest
from framelift.engine.errors import UsageError
from framelift.engine.frame import Ledger
from framelift.engine.live.host.feed import Feed
from framelift.engine.live.host.host import Host
from framelift.engine.live.host.publication import Publication
from framelift.engine.live.path import LivePath
from framelift.engine.live.refused import Refused
from framelift.engine.live.settings import IceSettings, LiveSettings
from frames import noise
from visits import offered
from waiting import threads_of_ours

ICE = IceSettings(addresses=("127.0.0.1",))
SETTINGS = asdict(LiveSettings("bicubic"))


@contextlib.asynccontextmanager
async def a_host() -> AsyncIterator[Host]:
    """Which leaves no thread."""
    host = Host(LiveSettings("bicubic"), ICE, 16, None)
    try:
        yield host
    finally:
        await host.close()
        assert threads_of_ours() == set()


async def publish(host: Host, offer: str) -> dict[str, str]:
    answer: dict[str, str] = await host.handle("publish", {"stream": "show", "offer": offer, "settings": SETTINGS})
    return answer


async def turn(times: int) -> None:
    """Let the event loop go round so often."""
    for _ in range(times):
        await asyncio.sleep(0)


@pytest.mark.parametrize("whose", ["publisher", "viewer"])
def test_a_viewer_whose_session_ends_while_it_is_answered_finds_none(whose: str) -> None:
    async def ended_after(turns: int, host: Host, coming: str, wanting: str) -> int | None:
        await publish(host, coming)
        watching = asyncio.create_task(host.handle("watch", {"stream": "show", "offer": wanting}))
        await turn(turns)
        sessions = {one["kind"]: one["id"] for one in await host.handle("sessions", {})}
        answered = watching.done()
        await host.handle("end", {"session": sessions.get(whose, sessions["publisher"])})
        result: object = (await asyncio.gather(watching, return_exceptions=True))[0]
        for left in await host.handle("sessions", {}):
            await host.handle("end", {"session": left["id"]})
        if isinstance(result, Refused):
            return result.status
        assert isinstance(result, dict), result
        assert answered or whose == "publisher"
        return None

    async def run() -> None:
        coming, wanting = await offered(), await offered(direction="recvonly")
        async with a_host() as host:
            statuses = {await ended_after(turns, host, coming, wanting) for turns in range(40)}
        assert statuses <= {None, 404}
        assert 404 in statuses

    asyncio.run(run())


def test_a_publisher_that_is_ended_while_it_is_answered_leaves_no_thread() -> None:
    async def run() -> None:
        offer, refusals = await offered(), set[int]()
        async with a_host() as host:
            for turns in range(40):
                beginning = asyncio.create_task(publish(host, offer))
                await turn(turns)
                for session in await host.handle("sessions", {}):
                    await host.handle("end", {"session": session["id"]})
                try:
                    answer = await beginning
                except Refused as refused:
                    refusals.add(refused.status)
                else:
                    with contextlib.suppress(Refused):
                        await host.handle("end", {"session": answer["id"]})
                assert threads_of_ours() == set()
        assert refusals == {404}

    asyncio.run(run())


@pytest.mark.parametrize("call", ["publish", "echo"])
def test_an_offer_that_is_none_begins_nothing(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Any] = []
    monkeypatch.setattr(LivePath, "__init__", lambda *_, **__: begun.append(1))

    async def run() -> None:
        async with a_host() as host:
            stream = {"stream": "show"} if call == "publish" else {}
            with pytest.raises(Refused):
                await host.handle(call, {**stream, "offer": "hello", "settings": SETTINGS})

    asyncio.run(run())
    assert begun == []


def test_a_publication_that_cannot_be_made_leaves_no_thread() -> None:
    async def run() -> None:
        with pytest.raises(UsageError):
            Publication("show", LiveSettings("bicubic"), IceSettings(servers=("http://no.ice/",)), print, None)

    asyncio.run(run())
    assert threads_of_ours() == set()


def test_the_sound_follows_the_viewer_that_is_quickest() -> None:
    async def run() -> float:
        publication = Publication("show", LiveSettings("bicubic"), ICE, print, None)
        for frame in range(1, 200):
            for took in (0.02, 1.5):
                publication.note_sent(Ledger({"arrive": (frame / 30, frame / 30), "send": (0.0, frame / 30 + took)}))
        leaves = publication.audio.leaves(0.0)
        await publication.close()
        return leaves

    assert asyncio.run(run()) == pytest.approx(0.02, abs=0.001)


def test_another_bitrate_does_not_go_past_what_the_viewers_can_receive() -> None:
    async def run() -> None:
        path = LivePath(LiveSettings("bicubic"))
        feed = Feed(path, "h264-1", "h264", "baseline", None)
        seat = feed.add()
        for number in range(5):
            picture = noise("yuv420p", 320, 240, number)
            picture.pts, picture.time_base = 3000 * number, Fraction(1, 90_000)
            path.put(picture, Ledger())
            await seat.next()
        feed.estimate(seat, 400_000)
        feed.bitrate = 8_000_000
        assert feed.bitrate <= 400_000
        feed.bitrate = 200_000
        assert feed.bitrate == 200_000
        feed.remove(seat)
        await feed.close()
        await asyncio.to_thread(path.close)

    asyncio.run(run())
