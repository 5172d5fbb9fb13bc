"""Who may ask: the bearer token (RFC 6750), and without one only this machine's own pages and programs."""

from __future__ import annotations

import hmac
import ipaddress
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ..refused import Refused
from ..settings import ServeSettings
from .errors import answer_of

OPEN_PATHS = frozenset({"/", "/health", "/ready"})
OPEN_FOLDER = "/page/"


class Guard:
    """ASGI middleware: what may not pass is answered here, before anything of the request's body is read."""

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app, self._token, self._origins = app, settings.token, allowed_origins(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "http":
            try:
                self._check(scope["method"], scope["path"], Headers(scope=scope))
            except Refused as refusal:
                await answer_of(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, method: str, path: str, headers: Headers) -> None:
        """Raises Refused."""
        check_origin(headers.get("origin"), headers.get("host", ""), self._origins)
        if self._token is None:
            check_host(headers.get("host", ""))
        elif method != "OPTIONS" and path not in OPEN_PATHS and not path.startswith(OPEN_FOLDER):
            check_token(headers.get("authorization", ""), self._token)


def allowed_origins(settings: ServeSettings) -> tuple[str, ...]:
    """Whose pages may ask. A page that has the token was given it; without one, every page of the web could ask."""
    return settings.origins or (("*",) if settings.token is not None else ())


def check_token(authorization: str, token: str) -> None:
    """Raises Refused with 401. The time it takes tells nothing about the token."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise Refused(401, "a bearer token is required", "send the header Authorization: Bearer TOKEN")
    if not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise Refused(401, "the bearer token is wrong", "use the token that the server was started with")


def check_origin(origin: str | None, host: str, allowed: tuple[str, ...]) -> None:
    """Refuse pages of other origins (RFC 6454): a browser sends some of their requests without asking first."""
    if origin is None or "*" in allowed or origin in allowed or _split(origin).netloc == host:
        return
    raise Refused(403, f"pages of {origin} may not ask this server", "start it with --origin to allow them")


def check_host(host: str) -> None:
    """Refuse names that are not this machine's: a page's own name, pointed here (DNS rebinding)."""
    name = _split(f"//{host}").hostname or ""
    if name != "localhost" and not name.endswith(".localhost") and not is_loopback(name):
        raise Refused(421, f"this server is not {host!r}", "use 127.0.0.1, or start it with --token")


def _split(address: str) -> SplitResult:
    """Its parts; all empty where it cannot be read, as with one bracket."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches it; names other than localhost do not count."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
