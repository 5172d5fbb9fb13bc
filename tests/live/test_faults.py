"""Whatever one client does, the others' pictures go on, the server stays well, and nothing is left behind.

Every test here runs beside a publisher and a viewer who must not notice (`bystander`).
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from rtc_peers import NumberedVideo, client, lose, picture, until
from serving import LiveServer, served
from visits import FRAGMENT, SDP, Visit, offered, publishing, speaking, watching

GONE_WITHIN = 25.0  # seconds: 10 for a peer that never comes, 7 for one that is lost, and a busy machine


@asynccontextmanager
async def bystander(server: LiveServer) -> AsyncIterator[tuple[httpx.AsyncClient, Visit]]:
    """A client, and a viewer of a stream that goes on throughout; at the end nothing but these two is left."""
    async with (
        speaking(server) as http,
        publishing(http, "bystander"),
        watching(http, "bystander") as viewer,
    ):
        await viewer.sees()
        sessions = {one["id"] for one in (await http.get("/sessions")).json()}
        before = await vitals(http)
        yield http, viewer
        await viewer.sees()
        assert (await http.get("/health")).json()["status"] == "ok"
        assert (await http.get("/health")).json()["restarts"] == 0
        assert (await http.get("/ready")).status_code == 200
        async with asyncio.timeout(GONE_WITHIN):
            while {one["id"] for one in (await http.get("/sessions")).json()} != sessions:
                await asyncio.sleep(0.1)
            while not await nothing_left(http, before):
                await asyncio.sleep(0.2)


async def vitals(http: httpx.AsyncClient) -> dict[str, int]:
    held: dict[str, int] = (await http.get("/health")).json()["media"]
    return held


async def nothing_left(http: httpx.AsyncClient, before: dict[str, int]) -> bool:
    """The pool of threads in which others are waited for may have filled (5 on a machine with one core, 6 with two)."""
    now = await vitals(http)
    counted = now["tasks"] <= before["tasks"] + 1 and now["sockets"] <= before["sockets"]
    return counted and now["threads"] <= before["threads"] + 6 and now["rss"] < before["rss"] + (64 << 20)


def without(pattern: str) -> Callable[[str], str]:
    return replaced(rf"(?m)^{pattern}.*\r\n", "")


def replaced(pattern: str, by: str) -> Callable[[str], str]:
    return lambda offer: re.sub(pattern, by, offer)


def with_candidates(number: int) -> Callable[[str], str]:
    line = "a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\n"
    return lambda offer: offer + number * line


REFUSED_OFFERS: dict[str, tuple[Callable[[str], str], int]] = {
    "empty": (lambda _: "", 400),
    "hello": (lambda _: "hello", 400),
    "JSON": (lambda _: '{"type": "offer", "sdp": "v=0"}', 400),
    "v=0": (lambda _: "v=0\r\n", 400),
    "zeros": (lambda _: "\x00" * 1000, 400),
    "no video": (without("m=video"), 400),
    "broken m= line": (replaced("m=video .*", "m=video"), 400),
    "no setup": (without("a=setup"), 400),
    "no ufrag": (without("a=ice-ufrag"), 400),
    "no password": (without("a=ice-pwd"), 400),
    "no fingerprint": (without("a=fingerprint"), 400),
    "no mid": (without("a=mid"), 400),
    "20,000 candidates": (with_candidates(20_000), 413),
    "oversize": (lambda offer: offer + "a=x\r\n" * 30_000, 413),
    "VP9 only": (replaced(r"(VP8|H264|rtx)/90000", "VP9/90000"), 422),
    "a codec nobody has": (replaced(r"(VP8|H264|rtx)/90000", "MJPEG-XR/90000"), 422),
    "data only": (replaced("m=video .*", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"), 400),
}


@pytest.mark.parametrize("fault", REFUSED_OFFERS)
def test_an_offer_that_cannot_be_served(server: LiveServer, fault: str) -> None:
    change, status = REFUSED_OFFERS[fault]

    async def run() -> None:
        async with bystander(server) as (http, _):
            broken = change(await offered())
            for path in ("/whip/faulty", "/whep/bystander"):
                answer = await http.post(path, content=broken, headers=SDP)
                assert answer.status_code == status, answer.text
                assert set(answer.json()) == {"error", "hint"}

    asyncio.run(run())


def test_what_is_not_utf_8(server: LiveServer) -> None:
    async def run() -> None:
        async with bystander(server) as (http, _):
            assert (await http.post("/whip/faulty", content=b"v=0\xff\xfe", headers=SDP)).status_code == 400

    asyncio.run(run())


NEVER_CONNECT: dict[str, Callable[[str], str]] = {
    "wrong fingerprint": replaced("a=fingerprint:sha-256 .*", "a=fingerprint:sha-256 " + ":".join(["AB"] * 32)),
    "dead candidates": replaced(r"(a=candidate:.*) 127\.0\.0\.1 \d+", r"\1 127.0.0.1 9"),
    "no candidates": without("a=candidate"),
    "wrong password": replaced("a=ice-pwd:.*", "a=ice-pwd:abcdefghijklmnopqrstuvwx"),
    "nobody": str,
}


def test_peers_that_never_come_are_given_up(server: LiveServer) -> None:
    """All kinds at once, for each waits its ten seconds."""

    async def run() -> None:
        async with bystander(server) as (http, _), client() as stranger:
            stranger.publish(NumberedVideo())
            offer = await stranger.offer()
            for number, change in enumerate(NEVER_CONNECT.values()):
                answer = await http.post(f"/whip/never{number}", content=change(offer), headers=SDP)
                assert answer.status_code == 201, answer.text

    asyncio.run(run())


def test_a_handshake_that_stalls_is_given_up(server: LiveServer) -> None:
    async def run() -> None:
        async with bystander(server) as (http, _), client() as peer:
            peer.publish(NumberedVideo())
            answer = await http.post("/whip/stalled", content=await peer.offer(), headers=SDP)
            lost = lose(peer.connection, 0)
            (transceiver,) = peer.connection.getTransceivers()
            ice = transceiver.receiver.transport.transport._connection
            for protocol in ice._protocols:  # ICE connects, but DTLS never gets through (RFC 7983: 20 to 63)
                _drop_dtls(protocol)
            await peer.accept(answer.text)
            await until(lambda: ice._nominated or lost["passed"], what="ICE")

    asyncio.run(run())


def _drop_dtls(protocol: object) -> None:
    send = protocol.send_data  # type: ignore[attr-defined]

    async def send_data(data: bytes, address: tuple[str, int]) -> None:
        if not 20 <= data[0] <= 63:
            await send(data, address)

    protocol.send_data = send_data  # type: ignore[attr-defined]


def test_garbage_from_a_publisher(server: LiveServer) -> None:
    """Payloads, reports and datagrams of noise, and then pictures again."""

    async def run() -> None:
        async with bystander(server) as (http, _), publishing(http, "garbage", codec="H264") as publisher:
            (transceiver,) = publisher.peer.connection.getTransceivers()
            transport: Any = transceiver.sender.transport
            honest = transport._send_rtp
            noise = Noise(honest, transport.transport._connection)
            transport._send_rtp = noise.send
            await until(lambda: noise.sent > 200, what="noise")
            transport._send_rtp = honest
            assert (await http.get(publisher.location)).json()["state"] == "connected"
            async with watching(http, "garbage") as viewer:
                await viewer.sees()

    asyncio.run(run())


class Noise:
    """Stands where a peer sends its RTP: headers stay, payloads are noise, and more of it follows each."""

    def __init__(self, send: Callable[[bytes], Awaitable[None]], ice: Any) -> None:
        self.sent = 0
        self._send, self._ice = send, ice
        self._chance = random.Random(1)  # noqa: S311  no secret

    async def send(self, data: bytes) -> None:
        """One packet in place of `data`, a report, and a datagram that is nothing at all."""
        header = 12 + (4 + 4 * int.from_bytes(data[14:16], "big") if data[0] & 16 else 0)  # RFC 3550 section 5.1
        await self._send(data[:header] + self._bytes(max(1, len(data) - header)))
        report = bytes([0x80 | self.sent % 32, 200 + self.sent % 8]) + self._chance.randbytes(
            2 + 4 * (1 + self.sent % 20)
        )
        await self._send(report)
        self._ice._nominated[1].protocol.transport.sendto(self._bytes(1200), self._ice._nominated[1].remote_addr)
        self.sent += 1

    def _bytes(self, most: int) -> bytes:
        return self._chance.randbytes(self._chance.randint(max(1, most // 2), most))


def test_a_viewer_that_reads_nothing(server: LiveServer) -> None:
    async def run() -> None:
        async with bystander(server) as (http, viewer), watching(http, "bystander") as deaf:
            await deaf.sees()
            lose(deaf.peer.connection, 1.0)  # all media and its feedback; only the checks of consent pass
            await viewer.sees(90)
            assert (await http.get(deaf.location)).json()["state"] == "connected"

    asyncio.run(run())


def test_a_viewer_that_asks_for_keyframes_without_end(server: LiveServer) -> None:
    async def run() -> None:
        async with bystander(server) as (http, viewer), watching(http, "bystander") as pest:
            await pest.sees()
            (transceiver,) = pest.peer.connection.getTransceivers()
            receiver: Any = transceiver.receiver
            before = await _keyframes(http)
            began = len(viewer.peer.numbers)
            for _ in range(300):
                for source in receiver._RTCRtpReceiver__remote_streams:
                    await receiver._send_rtcp_pli(source)
                await asyncio.sleep(0.01)
            seconds = (len(viewer.peer.numbers) - began) / 30
            assert await _keyframes(http) - before <= 4 * seconds + 2
            await viewer.sees()

    asyncio.run(run())


async def _keyframes(http: httpx.AsyncClient) -> int:
    every = (await http.get("/sessions")).json()
    (publisher,) = (one for one in every if (one["kind"], one["stream"]) == ("publisher", "bystander"))
    return int(publisher["video"]["keyframes"])


class ChangingSize(NumberedVideo):
    """Another resolution each second, odd ones among them."""

    sizes = ((320, 240), (640, 360), (322, 182), (160, 120))

    async def recv(self) -> object:  # type: ignore[override]
        frame = await super().recv()
        larger = picture(self.sent - 1, *self.sizes[self.sent // 30 % len(self.sizes)])
        larger.pts, larger.time_base = frame.pts, frame.time_base
        return larger


def test_resolutions_change_in_mid_stream(server: LiveServer) -> None:
    async def run() -> None:
        async with bystander(server) as (http, _), client() as peer:
            peer.publish(ChangingSize(), "VP8")
            answer = await http.post("/whip/changing", content=await peer.offer(), headers=SDP)
            await peer.accept(answer.text)
            await peer.connected()
            async with watching(http, "changing") as viewer:
                wanted = {(2 * width, 2 * height) for width, height in ChangingSize.sizes}
                await until(lambda: wanted <= viewer.peer.sizes, what="all sizes")
            await http.delete(answer.headers["Location"])

    asyncio.run(run())


def test_a_flood_of_offers(server: LiveServer) -> None:
    async def run() -> None:
        async with bystander(server) as (http, viewer):
            offer = await offered()
            limits = httpx.Limits(max_connections=150)
            async with httpx.AsyncClient(base_url=server.url, limits=limits, trust_env=False, timeout=60) as flood:
                posts = [flood.post(f"/whip/flood{n}", content=offer, headers=SDP) for n in range(150)]
                answers = await asyncio.gather(*posts)
            statuses = [answer.status_code for answer in answers]
            assert set(statuses) == {201, 503}
            assert statuses.count(201) == 6  # of 8 sessions two are the bystanders'
            assert all("Retry-After" in answer.headers for answer in answers if answer.status_code == 503)
            await viewer.sees()
            for answer in answers:
                if answer.status_code == 201:
                    assert (await http.delete(answer.headers["Location"])).status_code == 200

    asyncio.run(run())


def test_fifty_sessions_at_once() -> None:
    async def run(server: LiveServer) -> None:
        async with bystander(server) as (http, viewer):
            offer = await offered()
            posts = [http.post(f"/whip/one{n}", content=offer, headers=SDP) for n in range(50)]
            answers = []
            while posts:  # as many as may wait
                batch, posts = posts[:25], posts[25:]
                answers += await asyncio.gather(*batch)
            assert [answer.status_code for answer in answers] == [201] * 50
            await viewer.sees()
            deletions = await asyncio.gather(*(http.delete(answer.headers["Location"]) for answer in answers))
            assert {deletion.status_code for deletion in deletions} == {200}

    with served("--max-sessions", "64") as server:
        asyncio.run(run(server))


@pytest.mark.parametrize(
    ("method", "path", "headers", "content", "status"),
    [
        ("POST", "/whip/a", SDP, b"x" * 100_000, 413),
        ("POST", "/whip/a", {"Content-Type": "video/mp4"}, b"x", 415),
        ("POST", "/whip/a", {}, b"", 415),
        ("POST", "/whip/a?model=no-such", SDP, b"v=0", 422),
        ("POST", "/whip/a?url=http://127.0.0.1:1/", SDP, b"v=0", 400),  # nothing is fetched: it is no setting
        ("POST", "/whep/nobody", SDP, b"v=0", 400),
        ("PATCH", "/sessions/unknown", FRAGMENT | {"If-Match": "*"}, b"a=end-of-candidates\r\n", 404),
        ("DELETE", "/sessions/unknown", {}, b"", 404),
        ("GET", "/sessions/unknown", {}, b"", 404),
        ("GET", "/sessions/unknown", {"Authorization": "Bearer \xff"}, b"", 404),
    ],
)
def test_requests_that_are_wrong(
    server: LiveServer, method: str, path: str, headers: dict[str, str], content: bytes, status: int
) -> None:
    async def run() -> None:
        async with bystander(server) as (http, _):
            sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
            assert (await http.request(method, path, headers=sent, content=content)).status_code == status

    asyncio.run(run())


def test_clients_that_hang_up_before_their_answer(server: LiveServer) -> None:
    async def run() -> None:
        async with bystander(server) as (http, _):
            offer = await offered()
            for number in range(5):
                post = asyncio.create_task(http.post(f"/whip/hasty{number}", content=offer, headers=SDP))
                await asyncio.sleep(0.005 * number)
                post.cancel()
                await asyncio.gather(post, return_exceptions=True)

    asyncio.run(run())


def test_peers_that_close_in_every_state(server: LiveServer) -> None:
    async def run() -> None:
        async with bystander(server) as (http, _):
            for waits in (0.0, 0.05, 0.2, 0.5):
                async with client() as peer:
                    peer.publish(NumberedVideo())
                    answer = await http.post(f"/whip/closing{waits}", content=await peer.offer(), headers=SDP)
                    await peer.accept(answer.text)
                    await asyncio.sleep(waits)

    asyncio.run(run())
