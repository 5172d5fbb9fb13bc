"""Streams in: WHIP (RFC 9725)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from .signalling import SDP_BODY, Signalling, describe_endpoint, offer_of, stream_name
from .wishes import Wishes, wishes_of_query


def router(signalling: Signalling) -> APIRouter:
    """POST creates a session; PATCH and DELETE are the session's, in `sessions.py`."""
    routes = APIRouter(tags=["WHIP"])

    @routes.post("/whip/{stream}", status_code=201, response_class=Response, openapi_extra=SDP_BODY)
    async def publish(stream: str, request: Request, wishes: Annotated[Wishes, Depends(wishes_of_query)]) -> Response:
        """Publish `stream`: an SDP offer for its answer. 409 while somebody else does."""
        name = stream_name(stream)
        settings = wishes.applied_to(signalling.settings.live)
        offer = await offer_of(request)
        session = await signalling.publication("publish", offer, stream=name, settings=asdict(settings))
        return signalling.created(session)

    describe_endpoint(routes, "/whip/{stream}")
    return routes
