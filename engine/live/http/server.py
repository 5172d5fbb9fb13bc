"""Run the application until somebody ends it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import signal
import socket
import ssl
from collections.abc import Callable, Iterator

import uvicorn

from ...errors import UsageError
from ..host.process import MediaProcess
from ..rungs import check_settings
from ..settings import ServeSettings
from .app import make_app
from .auth import is_loopback
from .connections import Listener, PromptLoop, connections_that_fit
from .limits import HEADER_BYTES, PromptH11

GOODBYE_SECONDS = 2  # for answers under way, before they are cut
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")  # RFC 6750 section 2.1
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def serve(settings: ServeSettings, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `ready` gets the address once requests are answered.

    Raises FrameliftError when it cannot begin.
    """
    check(settings)
    context = tls_of(settings)
    with _listening(settings) as listener, asyncio.Runner(loop_factory=PromptLoop) as runner:
        runner.run(_serve(settings, context, listener, ready))


def check(settings: ServeSettings) -> None:
    """Raises UsageError for what must not be served, UsageError or ModelError for a default that cannot be."""
    if settings.token is None and not is_loopback(settings.host):
        raise UsageError(f"host {settings.host} is open to others without a token", "give --token, or leave --host out")
    if settings.token is not None and not _TOKEN.fullmatch(settings.token):
        raise UsageError("the token may hold letters, digits and . _ ~ + / = -", "a good one: openssl rand -hex 16")
    if (settings.certificate is None) != (settings.private_key is None):
        raise UsageError("TLS needs a certificate and its private key", "give both --certificate and --private-key")
    check_settings(settings.live)


def tls_of(settings: ServeSettings) -> ssl.SSLContext | None:
    """None without a certificate. Raises UsageError for files that are not a certificate and its key."""
    if settings.certificate is None or settings.private_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(settings.certificate, settings.private_key, password="")
    except OSError as error:  # SSLError is one
        raise UsageError(
            f"{settings.certificate} with {settings.private_key}: {error.strerror or error}",
            "give PEM files: the certificate with its chain, and its key without a password",
        ) from error
    return context


def address_of(settings: ServeSettings, listener: socket.socket) -> str:
    """Where a browser on this machine finds the page."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  compared, not bound
    scheme = "http" if settings.certificate is None else "https"
    return f"{scheme}://[{host}]:{port}/" if ":" in host else f"{scheme}://{host}:{port}/"


class _Server(uvicorn.Server):
    """Says when it is ready, and leaves the signals to `_serve`, which ends more than HTTP."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As the parent; then requests are answered."""
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    def stop(self) -> None:
        """Ask it to end; asked twice, it waits for nobody."""
        self.force_exit, self.should_exit = self.should_exit, True


async def _serve(
    settings: ServeSettings, context: ssl.SSLContext | None, listener: socket.socket, ready: Callable[[str], None]
) -> None:
    media = MediaProcess(settings)
    server = _Server(_config(settings, media, context), lambda: ready(address_of(settings, listener)))
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, server.stop)
    try:
        await media.start()
        await server.serve(sockets=[listener])
    finally:
        await media.close()


def _config(settings: ServeSettings, media: MediaProcess, context: ssl.SSLContext | None) -> uvicorn.Config:
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # what clients do wrong is answered, not logged
    return uvicorn.Config(
        make_app(settings, media),
        http=PromptH11,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # anybody could write them
        h11_max_incomplete_event_size=HEADER_BYTES,
        timeout_graceful_shutdown=GOODBYE_SECONDS,
        ssl_context_factory=None if context is None else lambda *_: context,
    )


def _listening(settings: ServeSettings) -> Listener:
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=512)
        return Listener(listener, connections_that_fit())
    except (OSError, UnicodeError) as error:  # UnicodeError: no name of a host can be written so
        words = getattr(error, "strerror", None) or error
        raise UsageError(
            f"cannot listen on {settings.host} port {settings.port}: {words}",
            "give another --host or --port; port 0 takes any that is free",
        ) from error
