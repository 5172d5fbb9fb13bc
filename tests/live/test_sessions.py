"""GET, PATCH and DELETE of sessions."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest
from rtc_peers import until
from serving import LiveServer, served, wait_until
from visits import SDP, Visit, offered, publishing, speaking, watching


def test_a_publishers_statistics_have_all_there_is_to_know(server: LiveServer) -> None:
    async def run() -> None:
        async with (
            speaking(server) as http,
            publishing(http, "known", audio=True, bitrate=1_200_000) as publisher,
            watching(http, "known", codec="H264") as viewer,
        ):
            await viewer.sees(45)
            session = (await http.get(publisher.location)).json()
            assert {one["id"] for one in (await http.get("/sessions")).json()} >= {session["id"]}
            assert session["kind"] == "publisher"
            assert session["stream"] == "known"
            assert session["state"] == "connected"
            assert session["seconds"] > 1
            assert session["viewers"] == 1
            assert session["settings"]["bitrate"] == 1_200_000
            assert session["audio"]["packets"] > 10
            assert 0 <= session["audio"]["delay_ms"] < 2000
            video = session["video"]
            assert (video["input"], video["output"]) == ([320, 240], [640, 480])
            assert (video["codec"], video["bitrate"], video["model"]) == ("h264", 1_200_000, "tiny-16")
            assert video["rung"] in video["rungs"]
            assert video["backend"]
            assert video["reason"]
            assert 5 < video["fps_in"] < 60
            assert 0 < video["fps_out"] < 60
            assert video["keyframes"] >= 1
            assert set(video["dropped"]) == {"decode", "upscale", "encode", "send"}
            for percentiles in (video["added_ms"], *video["stages_ms"].values()):
                assert 0 <= percentiles["p50"] <= percentiles["p95"] <= percentiles["p99"]
            assert set(video["stages_ms"]) == {"arrive", "decode", "upscale", "encode", "send"}
            work = sum(video["stages_ms"][stage]["p50"] for stage in ("decode", "upscale", "encode"))
            assert video["added_ms"]["p99"] >= work / 2  # the whole is not less than its parts

    asyncio.run(run())


def has_size(viewer: Visit, size: tuple[int, int]) -> bool:
    return size in viewer.peer.sizes


def test_settings_change_in_mid_stream(server: LiveServer) -> None:
    async def run() -> None:
        async with (
            speaking(server) as http,
            publishing(http, "changed") as publisher,
            watching(http, "changed") as viewer,
        ):
            await viewer.sees()
            for wishes, size in (
                ({"scale": 3}, (960, 720)),
                ({"model": "tiny-8"}, (960, 720)),
                ({"model": "bicubic", "scale": 2, "bitrate": 500_000}, (640, 480)),
                ({"scale": 1}, (320, 240)),
                ({"model": "tiny-16", "scale": 4}, (1280, 960)),
            ):
                changed = await http.patch(publisher.location, json=wishes)
                assert changed.status_code == 200, changed.text
                assert wishes.items() <= changed.json()["settings"].items()
                viewer.peer.sizes.clear()
                await until(partial(has_size, viewer, size), what=f"{size}")
            settings = (await http.get(publisher.location)).json()["settings"]
            assert (settings["model"], settings["scale"], settings["bitrate"]) == ("tiny-16", 4, 500_000)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("wishes", "status"),
    [
        ({"model": "no-such"}, 422),
        ({"model": "engine/models/tiny-8-x2.onnx"}, 422),
        ({"scale": 0}, 422),
        ({"scale": 2.5}, 422),
        ({"bitrate": -1}, 422),
        ({"backend": "cuda"}, 422),
        ([], 422),
        ("scale", 422),
        ({"model": "x" * 20_000}, 413),
    ],
)
def test_a_change_that_cannot_be_changes_nothing(server: LiveServer, wishes: Any, status: int) -> None:
    async def run() -> None:
        async with (
            speaking(server) as http,
            publishing(http, "kept") as publisher,
            watching(http, "kept") as viewer,
        ):
            before = (await http.get(publisher.location)).json()["settings"]
            assert (await http.patch(publisher.location, json=wishes)).status_code == status
            assert (await http.get(publisher.location)).json()["settings"] == before
            await viewer.sees()

    asyncio.run(run())


def test_viewers_have_no_settings_of_their_own(server: LiveServer) -> None:
    async def run() -> None:
        async with speaking(server) as http, publishing(http, "shared"), watching(http, "shared") as viewer:
            assert (await http.patch(viewer.location, json={"scale": 3})).status_code == 409

    asyncio.run(run())


@pytest.mark.parametrize("session", ["x", "x" * 5000, "..", "%00", "a b", "{session}"])
def test_sessions_there_are_not(server: LiveServer, session: str) -> None:
    with server.client() as http:
        path = f"/sessions/{session}"
        assert http.get(path).status_code in (404, 200 if session == ".." else 404)
        assert http.delete(path).status_code in (404, 405)
        assert http.patch(path, json={"scale": 2}).status_code in (404, 405)


def test_the_server_is_full() -> None:
    async def run(server: LiveServer) -> None:
        async with speaking(server) as http, publishing(http, "first"), watching(http, "first") as viewer:
            full = await http.post("/whip/second", content=await offered(), headers=SDP)
            assert full.status_code == 503
            assert int(full.headers["Retry-After"]) > 0
            assert set(full.json()) == {"error", "hint"}
            full = await http.post("/whep/first", content=await offered(direction="recvonly"), headers=SDP)
            assert full.status_code == 503
            await viewer.sees()
            await http.delete(viewer.location)
            async with watching(http, "first") as another:  # there is room again
                await another.sees()

    with served("--max-sessions", "2") as server:
        asyncio.run(run(server))
        wait_until(lambda: server.get("/sessions") == [])


def test_sessions_leave_nothing_behind(server: LiveServer) -> None:
    async def once(http: Any, name: str) -> None:
        async with publishing(http, name), watching(http, name) as viewer:
            await viewer.sees(3)

    async def run(rounds: int) -> None:
        async with speaking(server) as http:
            for n in range(rounds):
                await asyncio.gather(*(once(http, f"round{n}-{i}") for i in range(2)))

    asyncio.run(run(2))
    wait_until(lambda: server.get("/sessions") == [])
    before = settled(server)
    asyncio.run(run(10))
    wait_until(lambda: server.get("/sessions") == [])
    after = settled(server)
    assert after["tasks"] <= before["tasks"]
    assert after["sockets"] <= before["sockets"]
    assert after["threads"] <= before["threads"] + 6  # the pool of threads that wait for others to end may fill
    assert after["rss"] < before["rss"] + (48 << 20)


def settled(server: LiveServer) -> dict[str, int]:
    """The media process's vitals, once two looks in a row agree."""
    last: dict[str, int] = {}

    def agrees() -> bool:
        nonlocal last
        now = server.get("/health")["media"]
        same = {k: now[k] for k in ("tasks", "sockets")} == {k: last.get(k) for k in ("tasks", "sockets")}
        last = now
        return same

    wait_until(agrees, every=0.5)
    return last
