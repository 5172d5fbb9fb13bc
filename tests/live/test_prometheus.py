"""GET /metrics, /health and /ready."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families
from serving import LiveServer
from visits import publishing, speaking, watching

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


OUT = "framelift_frames_total", (("direction", "out"),)
VIEWERS = "framelift_sessions", (("kind", "viewer"),)


def metrics_of(text: str) -> Samples:
    """All samples, as Prometheus itself reads them."""
    families = text_string_to_metric_families(text)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


async def metrics_when(http: httpx.AsyncClient, holds: Callable[[Samples], bool]) -> Samples:
    """All samples as soon as they are as wanted: an answer may be a fraction of a second old."""
    async with asyncio.timeout(30):
        while not holds(samples := metrics_of((await http.get("/metrics")).text)):
            await asyncio.sleep(0.05)
    return samples


def test_metrics_tell_of_frames_and_stages(server: LiveServer) -> None:
    async def run() -> None:
        async with speaking(server) as http:
            before = metrics_of((await http.get("/metrics")).text)
            async with publishing(http, "metered"), watching(http, "metered") as viewer:
                await viewer.sees(30)
                now = await metrics_when(http, lambda samples: samples[OUT] > before.get(OUT, 0) + 25)
            after = await metrics_when(http, lambda samples: samples[VIEWERS] == before[VIEWERS])
        assert now["framelift_ready", ()] == 1
        for kind in ("publisher", "viewer"):
            label = (("kind", kind),)
            assert now["framelift_sessions", label] == before["framelift_sessions", label] + 1
            assert now["framelift_sessions_opened_total", label] == before["framelift_sessions_opened_total", label] + 1
            assert after["framelift_sessions", label] == before["framelift_sessions", label]
        for direction in ("in", "out"):
            counter = "framelift_frames_total", (("direction", direction),)
            assert before.get(counter, 0) + 25 < now[counter] <= after[counter]
        assert before["framelift_keyframes_total", ()] < now["framelift_keyframes_total", ()]
        for stage in ("decode", "upscale", "encode", "send"):
            assert 0 < now["framelift_stage_seconds", (("quantile", "0.5"), ("stage", stage))] < 10
        assert 0 < now["framelift_added_seconds", (("quantile", "0.95"),)] < 10
        assert sum(value for (name, _), value in now.items() if name == "framelift_rung_frames_total") > 25

    asyncio.run(run())


def test_no_counter_ever_falls(server: LiveServer) -> None:
    """Also when the session that counted is gone."""

    async def run() -> None:
        async with speaking(server) as http:
            last: Samples = {}
            for number in range(3):
                async with publishing(http, f"counted{number}"), watching(http, f"counted{number}") as viewer:
                    await viewer.sees(5)
                    last = _risen(last, (await http.get("/metrics")).text)
                last = _risen(last, (await http.get("/metrics")).text)

    asyncio.run(run())


def _risen(last: Samples, text: str) -> Samples:
    counters = {key: value for key, value in metrics_of(text).items() if key[0].endswith("_total")}
    assert {key for key in last if counters.get(key, -1) < last[key]} == set()
    return counters


def test_the_number_of_series_does_not_grow_with_use(server: LiveServer) -> None:
    async def run() -> tuple[set[Any], set[Any]]:
        async with speaking(server) as http:
            async with publishing(http, "series0"), watching(http, "series0") as viewer:
                await viewer.sees(5)
            await _knock(http, 0)
            before = set(metrics_of((await http.get("/metrics")).text))
            for number in range(1, 4):
                async with publishing(http, f"series{number}"), watching(http, f"series{number}") as viewer:
                    await viewer.sees(5)
                await _knock(http, number)
            return before, set(metrics_of((await http.get("/metrics")).text))

    before, after = asyncio.run(run())
    assert after == before


async def _knock(http: httpx.AsyncClient, number: int) -> None:
    for method, path in (("GET", f"/nothing/{number}"), ("GET", f"/sessions/{number}"), (f"METHOD{number}", "/health")):
        await http.request(method, path)


def test_answers_are_counted_by_route(server: LiveServer) -> None:
    with server.client() as http:
        key = "framelift_http_requests_total", (("method", "GET"), ("route", "/sessions/{session}"), ("status", "404"))
        before = metrics_of(http.get("/metrics").text).get(key, 0)
        http.get("/sessions/one")
        http.get("/sessions/two")
        assert metrics_of(http.get("/metrics").text)[key] == before + 2


def test_health_tells_what_both_processes_hold(server: LiveServer) -> None:
    health = server.get("/health")
    assert health["status"] == "ok"
    for process in ("server", "media"):
        assert health[process]["threads"] >= 1
        assert health[process]["tasks"] >= 1
        assert health[process]["sockets"] >= 1
        assert health[process]["rss"] > 10 << 20


def test_openapi_describes_every_route(server: LiveServer) -> None:
    paths = server.get("/openapi.json")["paths"]
    wanted = {
        "/whip/{stream}": {"post", "options", "get"},
        "/whep/{stream}": {"post", "options", "get"},
        "/offer": {"post"},
        "/sessions": {"get"},
        "/sessions/{session}": {"get", "patch", "delete", "options"},
        "/picture": {"post"},
        "/video": {"post"},
        "/jobs": {"post"},
        "/models": {"get"},
        "/metrics": {"get"},
        "/health": {"get"},
        "/ready": {"get"},
    }
    for path, methods in wanted.items():
        assert methods <= set(paths[path]), path
