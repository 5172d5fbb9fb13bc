"""Whether the server lives, and whether it can serve now."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from ..host.process import MediaProcess
from ..refused import Refused
from ..vitals import vitals
from .shared import Shared


def router(media: MediaProcess) -> APIRouter:
    """Two routes that need no token."""
    routes = APIRouter(tags=["health"])
    shared = Shared(lambda: media.call("vitals"))

    @routes.head("/health", include_in_schema=False)
    @routes.get("/health")
    async def health() -> dict[str, Any]:
        """What both processes hold. 200 as long as this one answers; `media` is null while there is none."""
        try:
            held: dict[str, Any] | None = await shared.get()
        except Refused:
            held = None
        status = "ok" if held is not None else "no media process"
        return {"status": status, "restarts": media.restarts, "server": vitals(), "media": held}

    @routes.head("/ready", include_in_schema=False)
    @routes.get("/ready")
    async def ready(response: Response) -> dict[str, bool]:
        """200 when sessions can be created, 503 when not."""
        response.status_code = 200 if media.ready else 503
        return {"ready": media.ready}

    return routes
