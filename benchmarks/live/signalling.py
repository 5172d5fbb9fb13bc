"""WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) as a client: one offer, one answer, and the end of the session."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urljoin, urlsplit

from .failures import Refused

_SECONDS = 15.0  # for an answer


@dataclass(frozen=True)
class Answer:
    """A session that has begun."""

    sdp: str
    location: str  # absolute


async def offer(url: str, sdp: str) -> Answer:
    """Begin a session. A stream that is not there yet (404) is asked for again for a while. Raises Refused."""
    end = time.monotonic() + _SECONDS
    while True:
        status, headers, body = await asyncio.to_thread(_request, "POST", url, sdp.encode(), "application/sdp")
        if status == 201:
            return Answer(body.decode(), urljoin(url, headers["location"]))
        if status != 404 or time.monotonic() > end:
            raise Refused(f"{url}: {status} {body[:300].decode(errors='replace')}")
        await asyncio.sleep(0.1)


async def end(answer: Answer) -> int:
    """End a session; gives the status."""
    status, _, _ = await asyncio.to_thread(_request, "DELETE", answer.location)
    return status


def get_json(url: str) -> Any:
    """What the server says at `url`. Raises Refused."""
    status, _, body = _request("GET", url)
    if status != 200:
        raise Refused(f"{url}: {status}")
    return json.loads(body)


def _request(method: str, url: str, body: bytes | None = None, kind: str = "") -> tuple[int, dict[str, str], bytes]:
    """Status, headers by their names in lower case, body. Raises Refused where there is no answer."""
    parts = urlsplit(url)
    assert parts.hostname
    connection = HTTPConnection(parts.hostname, parts.port, timeout=_SECONDS)
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, path, body, {"Content-Type": kind} if kind else {})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    except (OSError, HTTPException) as error:
        raise Refused(f"{method} {url}: {str(error) or type(error).__name__}") from error
    finally:
        connection.close()
