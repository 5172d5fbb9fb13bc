"""Sessions: who publishes, who watches, how it goes; their candidates, settings and end."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response

from ..refused import no_such_session
from ..settings import LiveSettings
from .cors import SDP_FRAGMENT
from .limits import check_type, read_body
from .payloads import json_body, parsed
from .signalling import Signalling, text_of
from .wishes import Wishes

LONGEST_PATCH = 16 << 10  # bytes


def router(signalling: Signalling) -> APIRouter:
    """Routes of all sessions, and of each."""
    media, shared = signalling.media, signalling.sessions
    routes = APIRouter(tags=["sessions"])

    @routes.get("/sessions")
    async def every() -> list[dict[str, Any]]:
        """All sessions with their statistics."""
        found: list[dict[str, Any]] = await shared.get()
        return found

    @routes.get("/sessions/{session}")
    async def one(session: str) -> dict[str, Any]:
        """One session with its statistics. 404 when there is no such session."""
        for each in await every():
            if each["id"] == session:
                return each
        raise no_such_session(session)

    @routes.patch("/sessions/{session}", response_model=None, openapi_extra=json_body(Wishes))
    async def change(session: str, request: Request) -> Response | dict[str, Any]:
        """Another model, scale or bitrate; or, as SDP fragment, candidates (RFC 9725 section 4.3: 204)."""
        kind = check_type(request, SDP_FRAGMENT, "application/json")
        body = await read_body(request, LONGEST_PATCH)
        if kind == SDP_FRAGMENT:
            tag = request.headers.get("if-match")
            await media.call("trickle", session=session, fragment=text_of(body), if_match=tag)
            return Response(status_code=204)
        return await changed(session, parsed(Wishes, body))

    async def changed(session: str, wishes: Wishes) -> dict[str, Any]:
        now: dict[str, Any] = await media.call("settings", session=session)
        settings = wishes.applied_to(LiveSettings(**now))
        result: dict[str, Any] = await media.call("change", session=session, settings=asdict(settings))
        shared.forget()
        return result

    @routes.delete("/sessions/{session}", status_code=200)
    async def end(session: str) -> Response:
        """End it. 200 with nothing else, which is what OBS waits for."""
        await media.call("end", session=session)
        shared.forget()
        return Response(status_code=200)

    @routes.options("/sessions/{session}")
    async def options() -> Response:
        """What may be sent, in the header Accept-Patch."""
        return Response(status_code=200, headers={"Allow": "DELETE, GET, OPTIONS, PATCH"})

    return routes
