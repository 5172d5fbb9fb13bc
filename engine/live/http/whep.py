"""Streams out: WHEP, as of draft-ietf-wish-whep-03."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from .signalling import SDP_BODY, Signalling, describe_endpoint, offer_of, stream_name


def router(signalling: Signalling) -> APIRouter:
    """POST creates a session; PATCH and DELETE are the session's, in `sessions.py`."""
    routes = APIRouter(tags=["WHEP"])

    @routes.post("/whep/{stream}", status_code=201, response_class=Response, openapi_extra=SDP_BODY)
    async def watch(stream: str, request: Request) -> Response:
        """Watch `stream`, enhanced: an SDP offer for its answer. 404 while nobody publishes it."""
        name = stream_name(stream)
        offer = await offer_of(request)
        return signalling.created(await signalling.session("watch", offer, stream=name))

    describe_endpoint(routes, "/whep/{stream}")
    return routes
