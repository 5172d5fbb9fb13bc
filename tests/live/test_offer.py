"""POST /offer: there and back on one connection, as the page does it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from rtc_peers import NumberedVideo, Tone, client, until
from serving import LiveServer
from visits import offered, publishing, speaking, watching


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_the_enhanced_stream_comes_back_in_the_codec_wanted(server: LiveServer, codec: str) -> None:
    async def run() -> None:
        async with speaking(server) as http, client() as peer:
            peer.publish(NumberedVideo(), direction="sendrecv")
            peer.publish(Tone(), direction="sendrecv")
            wishes = {"model": "tiny-8", "scale": 3, "bitrate": 1_500_000, "codec": codec}
            answer = await http.post("/offer", json={"sdp": await peer.offer(), "type": "offer", **wishes})
            assert answer.status_code == 200, answer.text
            given = answer.json()
            assert set(given) == {"sdp", "type", "id", "location"}
            assert (given["type"], given["location"]) == ("answer", f"/sessions/{given['id']}")
            await peer.accept(given["sdp"])
            await until(lambda: len(peer.numbers) > 20, what="pictures")
            await until(lambda: peer.sounds > 10, what="sound")
            assert peer.sizes == {(960, 720)}
            video = (await http.get(given["location"])).json()["video"]
            assert (video["codec"], video["bitrate"]) == (codec, 1_500_000)
            changed = await http.patch(given["location"], json={"scale": 2})
            assert changed.status_code == 200
            await until(lambda: (640, 480) in peer.sizes, what="the other size")  # without a break
            async with watching(http, given["id"]) as viewer:  # and others may watch who know its name
                await viewer.sees()
            assert (await http.delete(given["location"])).status_code == 200

    asyncio.run(run())


def test_one_that_only_sends_gets_nothing_back(server: LiveServer) -> None:
    async def run() -> None:
        async with speaking(server) as http, client() as peer:
            peer.publish(NumberedVideo())
            answer = await http.post("/offer", json={"sdp": await peer.offer(), "type": "offer"})
            assert answer.status_code == 200
            await http.delete(answer.json()["location"])

    asyncio.run(run())


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"type": "answer"}, 422),
        ({"type": None}, 422),
        ({"sdp": None}, 422),
        ({"sdp": 5}, 422),
        ({"sdp": ""}, 400),
        ({"sdp": "hello"}, 400),
        ({"sdp": "v=0\r\n" * 20_000}, 413),
        ({"model": "no-such"}, 422),
        ({"model": "/etc/passwd"}, 422),
        ({"model": 5}, 422),
        ({"scale": 9}, 422),
        ({"scale": "2"}, 422),
        ({"scale": True}, 422),
        ({"bitrate": 10}, 422),
        ({"codec": "av1"}, 422),
        ({"url": "http://127.0.0.1/"}, 422),
    ],
)
def test_what_is_wrong_is_named(server: LiveServer, change: dict[str, Any], status: int) -> None:
    async def run() -> None:
        async with speaking(server) as http:
            body = {"sdp": await offered(direction="sendrecv"), "type": "offer"} | change
            answer = await http.post("/offer", json=body)
            assert answer.status_code == status, answer.text
            assert set(answer.json()) == {"error", "hint"}
            if status == 422:
                assert next(iter(change)) in answer.json()["error"] + answer.json()["hint"]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"hello", 400), (b"[]", 422), (b"null", 422), (b"\xff\xfe", 400), (b'{"sdp": "\xff"}', 400),
     (b"[" * 100_000, 400), (b'{"a":' * 20_000, 400), (json.dumps({"sdp": "x" * 200_000}).encode(), 413)],
)  # fmt: skip
def test_bodies_that_are_no_offer(server: LiveServer, body: bytes, status: int) -> None:
    with server.client() as http:
        answer = http.post("/offer", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == status, answer.text


def test_it_does_not_disturb_others(server: LiveServer) -> None:
    async def run() -> None:
        async with speaking(server) as http, publishing(http, "calm"), watching(http, "calm") as viewer:
            answer = await http.post("/offer", json={"sdp": await offered(direction="sendrecv"), "type": "offer"})
            assert answer.status_code == 200
            await viewer.sees()
            await http.delete(answer.json()["location"])

    asyncio.run(run())
