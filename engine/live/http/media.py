"""Pictures, videos and jobs, with what they share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from ..settings import ServeSettings
from . import enlarging, jobs
from .workshop import Workshop


def router(settings: ServeSettings) -> APIRouter:
    """All their routes. What they start is ended with the application that includes them."""
    workshop = Workshop(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with workshop:
            yield

    routes = APIRouter(lifespan=lifespan)
    for part in (enlarging, jobs):
        routes.include_router(part.router(workshop))
    return routes
