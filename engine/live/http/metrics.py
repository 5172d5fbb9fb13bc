"""GET /metrics for Prometheus. No label holds a session or a stream, so their number does not grow with use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..host.process import MediaProcess
from ..refused import Refused
from ..vitals import vitals
from .shared import Shared

_QUANTILES = {"p50": "0.5", "p95": "0.95", "p99": "0.99"}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Requests:
    """ASGI middleware that counts answers by route, method and status."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        labels = ("route", "method", "status")
        self._counter = Counter("framelift_http_requests", "Answers over HTTP.", labels, registry=registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; count it when its answer begins."""

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                method = scope["method"] if scope["method"] in _METHODS else "other"
                route = getattr(scope.get("route"), "path", "none")
                self._counter.labels(route, method, message["status"]).inc()
            await send(message)

        await self._app(scope, receive, counting if scope["type"] == "http" else send)


def router(media: MediaProcess, registry: CollectorRegistry) -> APIRouter:
    """One route; `registry` holds what this process counts itself."""
    routes = APIRouter(tags=["health"])
    shared = Shared(lambda: media.call("totals"))

    @routes.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """All metrics in Prometheus's text format."""
        facts: dict[str, Any] | None
        try:
            facts = await shared.get()
        except Refused:  # there is no media process now; `framelift_ready` says so
            facts = None
        snapshot = CollectorRegistry()
        snapshot.register(_Snapshot(media, facts))
        text = generate_latest(registry) + generate_latest(snapshot)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return routes


class _Snapshot(Collector):
    """The media process's totals, as they were when asked."""

    def __init__(self, media: MediaProcess, facts: dict[str, Any] | None) -> None:
        self._media, self._facts = media, facts

    def collect(self) -> Iterator[Metric]:
        """Every family."""
        yield _gauge("ready", "1 when sessions can be created.", {(): int(self._media.ready)})
        yield _counter("media_restarts", "Deaths of the media process.", {(): self._media.restarts})
        yield from _process_metrics("server", vitals())
        if self._facts is not None:
            yield from _process_metrics("media", self._facts["vitals"])
            yield from _media_metrics(self._facts)


def _process_metrics(process: str, held: Mapping[str, int | None]) -> Iterator[Metric]:
    for name, value in held.items():
        if value is not None:
            title = "resident_bytes" if name == "rss" else name
            yield _gauge(f"{process}_{title}", f"Held by the {process} process: {name}.", {(): value})


def _media_metrics(facts: dict[str, Any]) -> Iterator[Metric]:
    yield _gauge("sessions", "Sessions now.", _by_one(facts["sessions"]), ("kind",))
    yield _counter("sessions_opened", "Sessions there were.", _by_one(facts["opened"]), ("kind",))
    yield _counter("frames", "Frames of all streams.", _by_one(facts["frames"]), ("direction",))
    yield _counter("dropped_frames", "Frames dropped before a stage.", _by_one(facts["dropped"]), ("stage",))
    yield _counter("keyframes", "Keyframes encoded.", {(): facts["keyframes"]})
    yield _counter("rung_frames", "Frames by what enlarged them.", _by_one(facts["rungs"]), ("rung",))
    help_added = "From a frame's last packet in to its last packet out; the worst stream of the last 10 s."
    yield _gauge("added_seconds", help_added, _seconds(facts["added_ms"]), ("quantile",))
    stages = {(s, *key): v for s, each in facts["stages_ms"].items() for key, v in _seconds(each).items()}
    yield _gauge("stage_seconds", "Time of one frame in a stage; likewise.", stages, ("stage", "quantile"))


def _by_one(values: Mapping[str, float]) -> dict[tuple[str, ...], float]:
    return {(name,): value for name, value in values.items()}


def _seconds(quantiles: Mapping[str, float | None]) -> dict[tuple[str, ...], float]:
    return {(_QUANTILES[name],): value / 1000 for name, value in quantiles.items() if value is not None}


def _gauge(
    name: str, text: str, values: Mapping[tuple[str, ...], float], labels: tuple[str, ...] = ()
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"framelift_{name}", text, labels=labels)
    for place, value in values.items():
        family.add_metric(place, value)
    return family


def _counter(
    name: str, text: str, values: Mapping[tuple[str, ...], float], labels: tuple[str, ...] = ()
) -> CounterMetricFamily:
    family = CounterMetricFamily(f"framelift_{name}", text, labels=labels)
    for place, value in values.items():
        family.add_metric(place, value)
    return family
