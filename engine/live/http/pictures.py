"""`POST /picture`: a picture in, the enlarged picture out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from .answers import answer, unless_gone
from .uploads import FORM, JSON, media_body
from .workshop import Workshop


def router(workshop: Workshop) -> APIRouter:
    """The route."""
    routes, most = APIRouter(tags=["files"]), workshop.settings.max_picture_bytes

    @routes.post("/picture", response_class=Response, openapi_extra=media_body(FORM, JSON))
    async def picture(request: Request) -> Response:
        """A PNG, JPEG or WebP, larger, in the same format; profile, EXIF and texts are kept.

        A form is answered with the picture itself, JSON with JSON. What was lost of a damaged picture is in the header
        Framelift-Damage, or the field DAMAGE.
        """
        async with workshop.receive(request, most, FORM, JSON) as upload:
            done = await unless_gone(request, workshop.enlarge_picture(upload))
            return answer(upload, done)

    return routes
