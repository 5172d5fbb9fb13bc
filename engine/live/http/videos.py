"""`POST /video`: a short clip in, the enlarged clip out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from .answers import answer, unless_gone
from .uploads import FORM, JSON, media_body
from .workshop import Workshop


def router(workshop: Workshop) -> APIRouter:
    """The route."""
    routes, most = APIRouter(tags=["files"]), workshop.settings.max_video_bytes

    @routes.post("/video", response_class=Response, openapi_extra=media_body(FORM, JSON))
    async def video(request: Request) -> Response:
        """A clip of a minute at most, larger, with its sound; longer ones are for POST /jobs.

        A form is answered with the clip itself, JSON with JSON. What was lost of a damaged clip is in the header
        Framelift-Damage, or the field DAMAGE.
        """
        async with workshop.receive(request, most, FORM, JSON) as upload:
            done = await unless_gone(request, workshop.enlarge_clip(upload))
            return answer(upload, done)

    return routes
