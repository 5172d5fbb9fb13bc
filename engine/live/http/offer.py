"""There and back on one connection, for the page: JSON with an offer in, JSON with its answer out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from ..settings import LONGEST_SDP
from .limits import check_type, read_body
from .payloads import json_body, parsed
from .signalling import Signalling, location_of
from .wishes import Wishes


class Offer(Wishes):
    """What the page sends."""

    sdp: str = Field(max_length=LONGEST_SDP)
    type: Literal["offer"]
    codec: Literal["h264", "vp8"] | None = Field(None, description="Of the enhanced stream; as offered when left out.")


def router(signalling: Signalling) -> APIRouter:
    """One route."""
    routes = APIRouter(tags=["page"])

    @routes.post("/offer", openapi_extra=json_body(Offer))
    async def offer(request: Request) -> dict[str, Any]:
        """Publish, and get the enhanced stream back on the same connection: {sdp, type, id, location}."""
        check_type(request, "application/json")
        given = parsed(Offer, await read_body(request, 2 * LONGEST_SDP))
        settings = given.applied_to(signalling.settings.live)
        session = await signalling.publication("echo", given.sdp, prefer=given.codec, settings=asdict(settings))
        return {"sdp": session["sdp"], "type": "answer", "id": session["id"], "location": location_of(session)}

    return routes
