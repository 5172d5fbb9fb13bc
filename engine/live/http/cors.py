"""Other origins' pages: which may read the answers (CORS, in the Fetch standard), and what OPTIONS tells."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..settings import ServeSettings
from .auth import allowed_origins

SDP = "application/sdp"
SDP_FRAGMENT = "application/trickle-ice-sdpfrag"  # RFC 8840 section 9
_READABLE = (
    *("Location", "Link", "ETag", "Accept-Patch", "Retry-After", "Content-Disposition", "Content-Range"),
    *("Framelift-Model", "Framelift-Scale", "Framelift-Size", "Framelift-Damage", "Framelift-Notes"),
)
_TOLD = {"whip": ("Accept-Post", SDP), "whep": ("Accept-Post", SDP), "sessions": ("Accept-Patch", SDP_FRAGMENT)}


class Cors(CORSMiddleware):
    """Also tells, in every answer to OPTIONS, what may be sent (RFC 9725 section 4.2, RFC 5789 section 3.1)."""

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        super().__init__(
            app,
            allow_origins=allowed_origins(settings),
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-Match", "Range", "Last-Event-ID"],
            expose_headers=_READABLE,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer a preflight."""
        told = _TOLD.get(scope["path"].removeprefix("/").partition("/")[0]) if scope["type"] == "http" else None
        if told is None or scope["method"] != "OPTIONS":
            await super().__call__(scope, receive, send)
            return

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[told[0]] = told[1]
            await send(message)

        await super().__call__(scope, receive, telling)
