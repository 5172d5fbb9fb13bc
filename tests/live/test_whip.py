"""WHIP as RFC 9725 has it, with an aiortc client and FFmpeg's own muxer."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import pytest
from rtc_peers import client, until
from serving import LiveServer, served
from visits import FRAGMENT, SDP, offered, publishing, speaking, watching


def test_an_offer_is_answered_with_201_and_all_that_belongs_to_it(server: LiveServer) -> None:
    async def run() -> None:
        async with speaking(server) as http, publishing(http, "answered") as visit:
            answer = visit.answer
            assert answer.headers["Content-Type"].startswith("application/sdp")
            assert re.fullmatch(r"/sessions/[\w-]{16,}", visit.location)
            assert re.fullmatch(r'"[^"]+"', answer.headers["ETag"])  # a strong one
            assert answer.headers["Accept-Patch"] == "application/trickle-ice-sdpfrag"
            assert "Link" not in answer.headers  # no ICE server was named to the server
            assert "a=candidate:" in answer.text
            assert "a=recvonly" in answer.text
            assert "x-google-start-bitrate" in answer.text

    asyncio.run(run())


def test_delete_ends_it_with_200_for_the_peer_too(server: LiveServer) -> None:
    async def run() -> None:
        async with speaking(server) as http, publishing(http, "deleted") as visit:
            assert (await http.delete(visit.location)).status_code == 200
            assert (await http.delete(visit.location)).status_code == 404
            await until(lambda: visit.peer.connection.connectionState in ("closed", "failed"), what="the goodbye")
        async with speaking(server) as http, publishing(http, "deleted"):
            pass  # and the name is free again

    asyncio.run(run())


def test_delete_ignores_entity_tags(server: LiveServer) -> None:
    async def run() -> None:
        async with speaking(server) as http, publishing(http, "tagged") as visit:
            assert (await http.delete(visit.location, headers={"If-Match": '"old"'})).status_code == 200

    asyncio.run(run())


def test_a_stream_has_one_publisher(server: LiveServer) -> None:
    async def run() -> None:
        async with speaking(server) as http, publishing(http, "taken"), watching(http, "taken") as viewer:
            refused = await http.post("/whip/taken", content=await offered(), headers=SDP)
            assert refused.status_code == 409
            assert "taken" in refused.json()["error"]
            await viewer.sees()

    asyncio.run(run())


def test_many_offers_for_one_stream_at_once_have_one_winner(server: LiveServer) -> None:
    async def run() -> None:
        async with speaking(server) as http:
            offers = await asyncio.gather(*(offered() for _ in range(6)))
            answers = await asyncio.gather(*(http.post("/whip/wanted", content=offer, headers=SDP) for offer in offers))
            assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
            for answer in answers:
                if answer.status_code == 201:
                    await http.delete(answer.headers["Location"])

    asyncio.run(run())


class TestCandidates:
    """PATCH with an SDP fragment: RFC 9725 section 4.3."""

    def test_a_peer_connects_by_candidates_that_come_after_its_offer(self, server: LiveServer) -> None:
        async def run() -> None:
            async with speaking(server) as http, client() as peer:
                peer.watch()
                async with publishing(http, "trickled"):
                    whole = await peer.offer()
                    lines = whole.splitlines()
                    bare = [line for line in lines if not line.startswith(("a=candidate", "a=end-of-candidates"))]
                    answer = await http.post("/whep/trickled", content="\r\n".join(bare) + "\r\n", headers=SDP)
                    await peer.accept(answer.text)
                    known = ("a=ice-ufrag", "a=ice-pwd", "a=mid", "a=candidate", "m=")
                    fragment = "\r\n".join(line for line in lines if line.startswith(known)) + "\r\n"
                    headers = FRAGMENT | {"If-Match": answer.headers["ETag"]}
                    patched = await http.patch(answer.headers["Location"], content=fragment, headers=headers)
                    assert patched.status_code == 204, patched.text
                    assert patched.content == b""
                    assert "ETag" not in patched.headers  # only an ICE restart has a new one
                    await peer.connected()
                    await until(lambda: len(peer.numbers) > 10, what="pictures")
                    await http.delete(answer.headers["Location"])

        asyncio.run(run())

    @pytest.mark.parametrize(
        ("tag", "change", "status"),
        [
            ("right", "", 204),
            ("*", "", 204),
            (None, "", 428),
            ('"another"', "", 412),
            ('W/"weak"', "", 412),
            ("right", "restart", 422),
            ("*", "restart", 422),
            ("right", "garbage", 400),
            ("right", "empty", 400),
            ("right", "huge", 413),
        ],
    )
    def test_each_patch_has_its_status(self, server: LiveServer, tag: str | None, change: str, status: int) -> None:
        async def run() -> None:
            async with speaking(server) as http, publishing(http, "patched") as visit:
                offer = visit.peer.connection.localDescription.sdp
                known = ("a=ice-ufrag", "a=ice-pwd", "a=mid", "a=candidate", "m=")
                fragment = "\r\n".join(line for line in offer.splitlines() if line.startswith(known)) + "\r\n"
                if change == "restart":
                    fragment = re.sub("a=ice-ufrag:.*", "a=ice-ufrag:other", fragment)
                fragment = {"garbage": "\x00garbage", "empty": "", "huge": fragment * 200}.get(change, fragment)
                headers = dict(FRAGMENT)
                if tag is not None:
                    headers["If-Match"] = visit.answer.headers["ETag"] if tag == "right" else tag
                patched = await http.patch(visit.location, content=fragment, headers=headers)
                assert patched.status_code == status, patched.text
                async with watching(http, "patched") as viewer:  # whatever came of it, the session lives
                    await viewer.sees()

        asyncio.run(run())


def test_the_endpoint_tells_what_it_takes(server: LiveServer) -> None:
    with server.client() as http:
        for path, header, value in (
            ("/whip/x", "Accept-Post", "application/sdp"),
            ("/whep/x", "Accept-Post", "application/sdp"),
            ("/sessions/x", "Accept-Patch", "application/trickle-ice-sdpfrag"),
        ):
            answer = http.options(path)
            assert answer.status_code == 200
            assert answer.headers[header] == value
            assert answer.content == b""


@pytest.mark.parametrize("path", ["/whip/x", "/whep/x"])
def test_methods_without_a_meaning(server: LiveServer, path: str) -> None:
    with server.client() as http:
        assert http.get(path).status_code == 204  # RFC 9725 section 4.1: no representation, and no error
        for method in ("PUT", "PATCH", "DELETE", "TRACE", "BREW"):
            answer = http.request(method, path)
            assert answer.status_code == 405
            assert "POST" in answer.headers["Allow"]


def test_pages_of_allowed_origins_may_publish_and_read_the_answer() -> None:
    page = {"Origin": "https://studio.example"}
    with served("--origin", "https://studio.example") as server, server.client() as http:
        preflight = page | {
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization, content-type, if-match",
        }
        allowed = http.options("/whip/x", headers=preflight)
        assert allowed.status_code == 200
        assert allowed.headers["Access-Control-Allow-Origin"] == "https://studio.example"
        assert "PATCH" in allowed.headers["Access-Control-Allow-Methods"]
        assert allowed.headers["Accept-Post"] == "application/sdp"
        answer = http.post("/whip/x", content="no offer", headers=SDP | page)
        assert answer.status_code == 400  # readable, though it is a refusal
        assert answer.headers["Access-Control-Allow-Origin"] == "https://studio.example"
        assert {"location", "link", "etag"} <= set(answer.headers["Access-Control-Expose-Headers"].lower().split(", "))
        stranger = http.options("/whip/x", headers=preflight | {"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in stranger.headers


def test_ice_servers_are_told_in_link_headers() -> None:
    servers = ("--ice-server", "stun:127.0.0.1:9", "--ice-server", "turn:127.0.0.1:9",
               "--ice-username", "ann", "--ice-credential", 'pa"ss')  # fmt: skip

    async def run(server: LiveServer) -> httpx.Response:
        async with speaking(server) as http:
            return await http.post("/whip/linked", content=await offered(), headers=SDP)

    with served(*servers) as server:
        answer = asyncio.run(run(server))
    assert answer.status_code == 201, answer.text
    links = answer.headers.get_list("Link")
    assert links == [
        '<stun:127.0.0.1:9>; rel="ice-server"',
        '<turn:127.0.0.1:9>; rel="ice-server"; username="ann"; credential="pa\\"ss"; credential-type="password"',
    ]


def test_a_bearer_token_is_checked_at_every_step(guarded: LiveServer) -> None:
    async def run() -> None:
        async with speaking(guarded) as http, publishing(http, "secret") as visit:
            async with httpx.AsyncClient(base_url=guarded.url, trust_env=False) as stranger:
                for answer in (
                    await stranger.post("/whip/other", content=await offered(), headers=SDP),
                    await stranger.post("/whep/secret", content=await offered(), headers=SDP),
                    await stranger.patch(visit.location, content="a=x", headers=FRAGMENT | {"If-Match": "*"}),
                    await stranger.delete(visit.location),
                ):
                    assert answer.status_code == 401
                    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            async with watching(http, "secret") as viewer:
                await viewer.sees()

    asyncio.run(run())


@pytest.mark.parametrize("query", ["scale=3&model=tiny-8", "scale=1", "model=bicubic&scale=4", "bitrate=700000"])
def test_the_address_has_the_settings(server: LiveServer, query: str) -> None:
    wishes: dict[str, Any] = dict(httpx.QueryParams(query))

    async def run() -> None:
        async with speaking(server) as http, publishing(http, "set", **wishes) as visit:
            async with watching(http, "set") as viewer:
                await viewer.sees()
                assert viewer.peer.sizes == {(320 * int(wishes.get("scale", 2)), 240 * int(wishes.get("scale", 2)))}
            settings = (await http.get(visit.location)).json()["settings"]
            assert settings["scale"] == int(wishes.get("scale", 2))
            assert settings["model"] == wishes.get("model", "tiny-16")
            assert str(settings["bitrate"]) == wishes.get("bitrate", "None")

    asyncio.run(run())


@pytest.mark.parametrize(
    "query",
    ["model=no-such", "model=/etc/passwd", "model=../../model.onnx", "model=model.onnx", "model=http://127.0.0.1/x.onnx",
     "scale=0", "scale=5", "scale=2.5", "scale=two", "bitrate=1", "bitrate=99999999999", "bitrate=-5",
     f"model={'x' * 999}",
     "model=tiny-16-x2&scale=3"],
)  # fmt: skip
def test_settings_there_are_not_are_422(server: LiveServer, query: str) -> None:
    async def run() -> httpx.Response:
        async with speaking(server) as http:
            return await http.post(f"/whip/refused?{query}", content=await offered(), headers=SDP)

    answer = asyncio.run(run())
    assert answer.status_code == 422, answer.text
    assert set(answer.json()) == {"error", "hint"}
    assert server.get("/sessions") == []


@pytest.mark.parametrize(
    "name", ["a b", "%00", "é", "x" * 65, "-x", ".hidden", "a:b", "<script>", "a/b", "%2e%2e%2fetc"]
)
def test_stream_names_that_are_none(server: LiveServer, name: str) -> None:
    with server.client() as http:
        assert http.post(f"/whip/{name}", headers=SDP).status_code in (400, 404)
