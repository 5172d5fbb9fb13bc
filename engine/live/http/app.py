"""The whole HTTP interface, put together."""

from __future__ import annotations

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from ..host.process import MediaProcess
from ..settings import ServeSettings
from . import errors, health, metrics, models, offer, page, sessions, whep, whip
from . import media as files
from .auth import Guard
from .cors import Cors
from .limits import Pace
from .metrics import Requests
from .shared import Shared
from .signalling import Signalling


def make_app(settings: ServeSettings, media: MediaProcess) -> FastAPI:
    """The application; `media` is started and closed by whoever runs it.

    Nothing of it is served from other hosts: the interactive pages of FastAPI load scripts from the web.
    """
    registry = CollectorRegistry()

    app = FastAPI(title="framelift", docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    errors.install(app)
    signalling = Signalling(settings, media, Shared(lambda: media.call("sessions")))
    every = (
        whip.router(signalling),
        whep.router(signalling),
        offer.router(signalling),
        sessions.router(signalling),
        files.router(settings),
        models.router(),
        health.router(media),
        metrics.router(media, registry),
        page.router(),
    )
    for routes in every:
        app.include_router(routes)
    # The last is the first to see a request. Refusals get the headers of CORS too, so that pages can read them.
    app.add_middleware(Pace)
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(Cors, settings=settings)
    app.add_middleware(Requests, registry=registry)
    return app
