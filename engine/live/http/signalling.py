"""What WHIP and WHEP share: an offer comes in, a session is created, its answer goes out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request, Response

from ..host.process import MediaProcess
from ..refused import Refused
from ..settings import IceSettings, ServeSettings
from ..webrtc.sdp import answer_with_bitrate, check_offer, complete_answer
from .cors import SDP, SDP_FRAGMENT
from .limits import Turnstile, check_type, read_body
from .shared import Shared

OFFERS_AT_ONCE = 4
OFFERS_WAITING = 32
START_BITRATE, LEAST_BITRATE, MOST_BITRATE = 2_500_000, 300_000, 10_000_000  # bits a second, of what comes in
SDP_BODY = {"requestBody": {"required": True, "content": {SDP: {"schema": {"type": "string"}}}}}  # for OpenAPI
_STREAM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._~-]{0,63}")


@dataclass(frozen=True)
class Signalling:
    """The way of an offer to the media process; cheap checks come first, few offers are worked on at once."""

    settings: ServeSettings
    media: MediaProcess
    sessions: Shared  # all, with their statistics
    turnstile: Turnstile = field(default_factory=lambda: Turnstile(OFFERS_AT_ONCE, OFFERS_WAITING))

    async def session(self, call: str, sdp: str, *, prefer: str | None = None, **arguments: Any) -> dict[str, Any]:
        """A new session: its id, entity tag and answer, with codec `prefer` first if it was offered. Raises Refused.

        The offer is read here, and written again with only what is needed: the media process has better to do.
        """
        async with self.turnstile.turn():
            facts = check_offer(sdp, () if prefer is None else (prefer,))
            created: dict[str, Any] = await self.media.call(call, offer=facts.offer, **arguments)
            self.sessions.forget()
        return created | {"sdp": complete_answer(facts, created["sdp"])}

    async def publication(self, call: str, sdp: str, **arguments: Any) -> dict[str, Any]:
        """Likewise, for one who sends: the answer tells browsers what rates to send at."""
        created = await self.session(call, sdp, **arguments)
        return created | {"sdp": answer_with_bitrate(created["sdp"], START_BITRATE, LEAST_BITRATE, MOST_BITRATE)}

    def created(self, session: dict[str, Any]) -> Response:
        """201 with the answer (RFC 9725 section 4.2)."""
        headers = {
            "Location": location_of(session),
            "ETag": session["etag"],
            "Accept-Patch": SDP_FRAGMENT,
        }
        response = Response(session["sdp"], 201, headers, media_type=SDP)
        for link in ice_links(self.settings.ice):
            response.headers.append("Link", link)
        return response


async def offer_of(request: Request) -> str:
    """The offer in a body. Raises Refused."""
    check_type(request, SDP)
    return text_of(await read_body(request))


def describe_endpoint(routes: APIRouter, path: str) -> None:
    """OPTIONS and GET of an endpoint, which has no representation (RFC 9725 section 4.1; WHEP has the same)."""

    @routes.options(path)
    async def options() -> Response:
        """What may be posted, in the header Accept-Post."""
        return Response(status_code=200, headers={"Allow": "GET, OPTIONS, POST"})

    @routes.get(path, status_code=204)
    async def nothing() -> Response:
        """Nothing."""
        return Response(status_code=204)


def text_of(body: bytes) -> str:
    """Raises Refused with 400 for what is no text."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Refused(400, "the body is not UTF-8", "SDP is text (RFC 8866 section 5)") from None


def stream_name(stream: str) -> str:
    """Raises Refused with 400."""
    if not _STREAM.fullmatch(stream):
        raise Refused(400, f"stream name {stream[:64]!r}", "use up to 64 letters, digits, and . _ ~ -")
    return stream


def location_of(session: dict[str, Any]) -> str:
    """A session's address; relative, so that it holds behind any proxy."""
    return f"/sessions/{session['id']}"


def ice_links(ice: IceSettings) -> list[str]:
    """The servers as Link headers (RFC 9725 section 4.6)."""
    parts = ""
    if ice.username is not None:
        user, password = _quoted(ice.username), _quoted(ice.credential or "")
        parts = f'; username={user}; credential={password}; credential-type="password"'
    return [f'<{url}>; rel="ice-server"{parts if url.startswith("turn") else ""}' for url in ice.servers]


def _quoted(text: str) -> str:
    """As a quoted string (RFC 9110 section 5.6.4)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
