"""Connections end: closed by either side, lost, never made; and leave nothing behind."""

from __future__ import annotations

import asyncio
import gc
import re
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from aiortc.sdp import candidate_from_sdp
from framelift.engine.errors import UsageError
from framelift.engine.live.settings import IceSettings
from framelift.engine.live.webrtc import connection as closing
from framelift.engine.live.webrtc.connection import LiveConnection, ice_servers, new_connection
from framelift.engine.live.webrtc.incoming import incoming_video
from framelift.engine.live.webrtc.refused import OfferRefused
from framelift.engine.live.webrtc.sdp import check_offer
from framelift.engine.live.webrtc.trickle import candidates_of
from offers import CANDIDATE, audio, offer, transport, video
from rtc_peers import LOOPBACK, NumberedVideo, client, until

HERE = IceSettings(addresses=(LOOPBACK,))
SOON = 0.3  # seconds to connect, where a test waits for that to fail


def run(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(body())


async def end_of(text: str) -> list[str]:
    """Why a connection that answers this offer ends."""
    reasons: list[str] = []
    connection = new_connection(HERE, reasons.append, connect_within=SOON)
    await connection.answer(check_offer(text))
    await until(lambda: reasons)
    await connection.close()
    return reasons


@pytest.mark.parametrize(
    "candidates",
    [(), (CANDIDATE.replace("50000", "9"),), ("1 1 udp 1 a.local 50000 typ host",)],
    ids=["none", "dead", "hidden by mDNS"],
)
def test_a_peer_that_never_comes_is_given_up(candidates: tuple[str, ...]) -> None:
    async def body() -> None:
        assert await end_of(offer(video(way=transport(candidates=candidates)))) == ["not connected within 0.3 s"]

    run(body)


def test_a_wrong_fingerprint_never_connects() -> None:
    async def body() -> None:
        reasons: list[str] = []
        async with client() as peer:
            peer.publish(NumberedVideo())
            text = re.sub(r"(?m)^a=fingerprint:(sha-\d+) ..", r"a=fingerprint:\1 00", await peer.offer())
            connection = new_connection(HERE, reasons.append)
            await peer.accept(await connection.answer(check_offer(text)))
            await until(lambda: reasons)
            assert reasons == ["the connection failed or was lost"]

    run(body)


def test_closing_is_told_once_and_may_be_said_twice() -> None:
    async def body() -> None:
        reasons: list[str] = []
        connection = new_connection(HERE, reasons.append)
        await asyncio.gather(connection.close("first"), connection.close("second"), connection.close())
        await connection.close("third")
        assert reasons == ["first"]

    run(body)


def test_a_client_that_leaves_ends_the_connection() -> None:
    async def body() -> None:
        reasons: list[str] = []
        async with client() as peer:
            peer.publish(NumberedVideo())
            connection = new_connection(HERE, reasons.append)
            await peer.accept(await connection.answer(check_offer(await peer.offer())))
            await peer.connected()
            await until(lambda: connection.connectionState == "connected")
        await until(lambda: reasons)

    run(body)


def test_closing_in_the_middle_of_everything_ends_it() -> None:
    async def body() -> None:
        async with client() as peer:
            peer.publish(NumberedVideo())
            facts = check_offer(await peer.offer())
            for pauses in range(0, 60, 3):
                connection = new_connection(HERE)
                answering = asyncio.ensure_future(connection.answer(facts))
                for _ in range(pauses):
                    await asyncio.sleep(0)
                await connection.close()
                await asyncio.gather(answering, return_exceptions=True)

    before = threading.active_count()
    run(body)
    assert threading.active_count() <= before


def test_connections_opened_and_closed_leave_nothing() -> None:
    async def one() -> None:
        async with client() as peer:
            peer.publish(NumberedVideo(rate=100))
            connection = new_connection(HERE)
            await peer.accept(await connection.answer(check_offer(await peer.offer())))
            pictures: list[object] = []
            incoming_video(connection.receiver("video"), lambda frame, _: pictures.append(frame))
            await until(lambda: pictures)
            await connection.close()

    async def body() -> None:
        await one()
        await asyncio.sleep(0)
        before = _left()
        for _ in range(8):
            await one()
        await until(lambda: _left() <= before, what=f"as little as before: {before}, not {_left()}")
        gc.collect()
        kept = [each for each in gc.get_objects() if isinstance(each, LiveConnection)]
        assert len(kept) <= 1

    run(body)


def _left() -> tuple[int, int, int]:
    """Tasks, threads of ours, open files and sockets."""
    threads = [thread for thread in threading.enumerate() if not thread.name.startswith("asyncio")]
    return len(asyncio.all_tasks()), len(threads), len(list(Path("/proc/self/fd").iterdir()))


def test_a_connection_that_never_came_ends_its_thread() -> None:
    async def body() -> None:
        connection = new_connection(HERE)
        await connection.answer(check_offer(offer(video())))
        incoming_video(connection.receiver("video"), lambda _frame, _ledger: None)
        assert "framelift-decode" in {thread.name for thread in threading.enumerate()}
        await connection.close()
        assert "framelift-decode" not in {thread.name for thread in threading.enumerate()}

    run(body)


def test_closing_waits_for_a_picture_that_is_being_handed_on() -> None:
    async def body() -> None:
        busy, let_go = threading.Event(), threading.Event()

        def hold(_frame: object, _ledger: object) -> None:
            busy.set()
            let_go.wait(60)

        async with client() as peer:
            peer.publish(NumberedVideo())
            connection = new_connection(HERE)
            await peer.accept(await connection.answer(check_offer(await peer.offer())))
            incoming_video(connection.receiver("video"), hold)
            await until(busy.is_set)
            closing = asyncio.ensure_future(connection.close())
            await asyncio.wait({closing}, timeout=0.1)
            assert not closing.done()
            let_go.set()
            await closing
        assert "framelift-decode" not in {thread.name for thread in threading.enumerate()}

    run(body)


def test_what_is_late_in_closing_goes_on_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "CLOSE_WITHIN", 0.05)

    async def body() -> None:
        busy, let_go, reasons = threading.Event(), threading.Event(), list[str]()

        def hold(_frame: object, _ledger: object) -> None:
            busy.set()
            let_go.wait(60)

        async with client() as peer:
            peer.publish(NumberedVideo())
            connection = new_connection(HERE, reasons.append)
            await peer.accept(await connection.answer(check_offer(await peer.offer())))
            incoming_video(connection.receiver("video"), hold)
            await until(busy.is_set)
            agent = connection.getTransceivers()[0].receiver.transport.transport._connection
            await connection.close("of the test")
            assert reasons == ["of the test"]
            assert agent._protocols, "the picture keeps it from closing"
            let_go.set()
            await until(lambda: not agent._protocols, what="the end of its sockets")
        await until(lambda: len(asyncio.all_tasks()) == 1, what="the end of its tasks")

    run(body)


def test_a_server_without_an_address_says_so() -> None:
    async def body() -> None:
        connection = new_connection(IceSettings(addresses=("203.0.113.7",)))
        with pytest.raises(OfferRefused) as refused:
            await connection.answer(check_offer(offer(video())))
        assert refused.value.status == 503
        await connection.close()

    run(body)


def test_candidates_may_come_later_and_are_counted() -> None:
    async def body() -> None:
        async with client() as peer:
            peer.publish(NumberedVideo())
            text = await peer.offer()
            connection = new_connection(HERE)
            facts = check_offer(re.sub(r"(?m)^a=(candidate|end-of-candidates).*\r\n", "", text))
            assert facts.transport.candidates == ()
            answer = await connection.answer(facts)
            fragment = "\r\n".join(line for line in text.splitlines() if line.startswith(("a=mid", "a=candidate")))
            await connection.add_candidates(candidates_of(fragment, facts.transport.ufrag))
            await peer.accept(answer)
            await peer.connected()
            many = [candidate_from_sdp(CANDIDATE.replace("50000", str(50_000 + number))) for number in range(100)]
            await connection.add_candidates(many)
            ice = connection.getTransceivers()[0].receiver.transport.transport
            assert len(ice.getRemoteCandidates()) <= 33  # and one that the checks themselves found
            await connection.close()

    run(body)


@pytest.mark.parametrize("sound", [True, False], ids=["with sound", "without sound"])
@pytest.mark.parametrize("first", ["audio", "video"])
def test_sections_connect_in_either_order(first: str, sound: bool) -> None:
    async def body() -> None:
        async with client() as peer:
            for kind in sorted(["audio", "video"], key=lambda kind: kind != first):
                peer.watch(kind)
            connection = new_connection(HERE)
            facts = check_offer(await peer.offer())
            await peer.accept(await connection.answer(facts, NumberedVideo(), _Silence() if sound else None))
            await peer.connected()
            await until(lambda: peer.numbers)
            assert connection.sender("video").kind == "video"
            await connection.close()

    run(body)


class _Silence(NumberedVideo):
    kind = "audio"

    async def recv(self) -> Any:
        await asyncio.Event().wait()


def test_tracks_that_the_peer_does_not_want_are_not_sent() -> None:
    async def body() -> None:
        connection = new_connection(HERE)
        answer = await connection.answer(check_offer(offer(audio(), video())), NumberedVideo(), _Silence())
        assert re.findall(r"(?m)^a=(sendrecv|sendonly|recvonly|inactive)", answer) == ["recvonly", "recvonly"]
        await connection.close()

    run(body)


@pytest.mark.parametrize("url", ["http://stun.example", "stun", "turn:", "stun:a?transport=udp"])
def test_a_server_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match=re.escape(repr(url))):
        ice_servers(IceSettings(servers=("stun:127.0.0.1:3478", url)))


def test_servers_get_their_credentials() -> None:
    servers = ice_servers(IceSettings(servers=("turn:127.0.0.1:3478",), username="me", credential="pass"))
    assert [(server.urls, server.username, server.credential) for server in servers] == [
        ("turn:127.0.0.1:3478", "me", "pass")
    ]
