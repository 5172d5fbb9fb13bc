"""WHEP (draft-ietf-wish-whep-03): any number of viewers of one encode."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest
from rtc_peers import client, until
from serving import LiveServer, wait_until
from visits import SDP, offered, publishing, speaking, watching


@pytest.mark.parametrize("inward", ["H264", "VP8"])
@pytest.mark.parametrize("outward", ["H264", "VP8"])
def test_a_viewer_sees_the_stream_enlarged(server: LiveServer, inward: str, outward: str) -> None:
    async def run() -> None:
        async with (
            speaking(server) as http,
            publishing(http, "shown", codec=inward, audio=True),
            watching(http, "shown", codec=outward, audio=True) as viewer,
        ):
            await viewer.sees(30)
            assert viewer.peer.sizes == {(640, 480)}
            assert viewer.peer.numbers == sorted(n for n in viewer.peer.numbers if n is not None)
            await until(lambda: viewer.peer.sounds > 10, what="sound")
            assert "a=sendonly" in viewer.answer.text
            assert viewer.location.startswith("/sessions/")
            (session,) = (one for one in (await http.get("/sessions")).json() if one["kind"] == "viewer")
            assert session["stream"] == "shown"
            assert session["video"]["codec"] == outward.lower()

    asyncio.run(run())


def test_nobody_publishes_it(server: LiveServer) -> None:
    async def run() -> None:
        async with speaking(server) as http:
            answer = await http.post("/whep/unknown", content=await offered(direction="recvonly"), headers=SDP)
            assert answer.status_code == 404
            assert "unknown" in answer.json()["error"]

    asyncio.run(run())


def test_an_offer_that_wants_no_video(server: LiveServer) -> None:
    async def run() -> None:
        async with speaking(server) as http, publishing(http, "wanted"):
            answer = await http.post("/whep/wanted", content=await offered(direction="sendonly"), headers=SDP)
            assert answer.status_code == 422
            assert "video" in answer.json()["error"]

    asyncio.run(run())


def test_four_viewers_share_one_encode_and_come_and_go(server: LiveServer) -> None:
    async def run() -> None:
        async with speaking(server) as http, publishing(http, "popular") as publisher:
            async with AsyncExitStack() as stack:
                viewers = [await stack.enter_async_context(watching(http, "popular", codec="H264")) for _ in range(4)]
                await asyncio.gather(*(viewer.sees(30) for viewer in viewers))
                assert (await http.get(publisher.location)).json()["viewers"] == 4
                seen, encoded = len(viewers[0].peer.numbers), await frames_out(http)
                await asyncio.gather(*(viewer.sees(60) for viewer in viewers))
                seen, encoded = len(viewers[0].peer.numbers) - seen, await frames_out(http) - encoded
                assert encoded < 2 * seen  # not four times
                await http.delete(viewers[0].location)
                await asyncio.gather(*(viewer.sees(10) for viewer in viewers[1:]))
                await until(lambda: viewers[0].peer.connection.connectionState in ("closed", "failed"))
            assert (await http.get(publisher.location)).json()["viewers"] == 0
            async with watching(http, "popular") as late:  # the encoder begins anew
                await late.sees()

    asyncio.run(run())


async def frames_out(http: httpx.AsyncClient) -> float:
    """How many frames the server has encoded since it began; a few frames old."""
    text = (await http.get("/metrics")).text
    return float(text.split('framelift_frames_total{direction="out"} ')[1].split()[0])


def test_a_late_viewer_begins_with_a_keyframe_at_once(server: LiveServer) -> None:
    async def run() -> None:
        async with (
            speaking(server) as http,
            publishing(http, "late") as publisher,
            watching(http, "late", codec="VP8") as first,
        ):
            await first.sees(30)
            before = (await http.get(publisher.location)).json()["video"]["keyframes"]
            async with watching(http, "late", codec="VP8") as second:
                await second.sees(5)
                first_seen = second.peer.numbers[0]
                assert first_seen is not None
                assert first_seen >= 30 - 5  # live, not from the beginning
            after = (await http.get(publisher.location)).json()["video"]["keyframes"]
            assert before < after <= before + 2

    asyncio.run(run())


def test_viewers_end_with_their_stream(server: LiveServer) -> None:
    async def run() -> None:
        async with speaking(server) as http, client() as peer:
            async with publishing(http, "ending"):
                peer.watch()
                answer = await http.post("/whep/ending", content=await peer.offer(), headers=SDP)
                await peer.accept(answer.text)
                await peer.connected()
            await until(lambda: peer.connection.connectionState in ("closed", "failed"), what="the goodbye")
            assert (await http.get(answer.headers["Location"])).status_code == 404

    asyncio.run(run())
    wait_until(lambda: server.get("/sessions") == [])


def test_a_publisher_that_is_killed_is_missed(server: LiveServer) -> None:
    async def run() -> None:
        async with speaking(server) as http, publishing(http, "killed") as publisher:
            for transceiver in publisher.peer.connection.getTransceivers():  # no goodbye: its socket goes silent
                ice = transceiver.receiver.transport.transport._connection
                for protocol in ice._protocols:
                    protocol.transport.abort()
            async with asyncio.timeout(30):
                while (await http.get("/sessions")).json():
                    await asyncio.sleep(0.2)

    asyncio.run(run())
