"""`POST /picture` and `POST /video`: a file in, the larger one out."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response

from ..workers.task import Enlarged
from .answers import answer, unless_gone
from .uploads import FORM, JSON, Upload, media_body
from .workshop import Workshop

Enlarge = Callable[[Upload], Coroutine[Any, Any, Enlarged]]


def router(workshop: Workshop) -> APIRouter:
    """Both routes. A form is answered with the file itself, JSON with JSON."""
    routes, settings = APIRouter(tags=["files"]), workshop.settings
    body = media_body(FORM, JSON)

    async def answered(request: Request, most: int, enlarge: Enlarge) -> Response:
        async with workshop.receive(request, most, FORM, JSON) as upload:
            return answer(upload, await unless_gone(request, enlarge(upload)))

    @routes.post("/picture", response_class=Response, openapi_extra=body)
    async def picture(request: Request) -> Response:
        """A PNG, JPEG or WebP, larger, in the same format; profile, EXIF and texts are kept.

        What was lost of a damaged picture is in the header Framelift-Damage, or the field DAMAGE.
        """
        return await answered(request, settings.max_picture_bytes, workshop.enlarge_picture)

    @routes.post("/video", response_class=Response, openapi_extra=body)
    async def video(request: Request) -> Response:
        """A clip of a minute at most, larger, with its sound; longer ones are for POST /jobs.

        What was lost of a damaged clip is in the header Framelift-Damage, or the field DAMAGE.
        """
        return await answered(request, settings.max_video_bytes, workshop.enlarge_clip)

    return routes
