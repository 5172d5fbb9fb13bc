"""What one request may take: bytes, time, and its turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..refused import Refused
from ..settings import LONGEST_SDP
from .errors import answer_of

HEADER_BYTES = 16 << 10
HEADER_SECONDS = 10.0  # from the connection, or the request before, to the last header
IDLE_SECONDS = 20.0  # without a byte of the body, or with too much of the answer unread
SMALL_BODY_SECONDS = 10.0  # for the whole of it
REQUESTS = 1000  # at once


async def read_body(request: Request, most: int = LONGEST_SDP) -> bytes:
    """The whole of a small body. Raises Refused with 413 as soon as it is over `most` bytes, 408 when it is slow."""
    if int(request.headers.get("content-length", 0)) > most:  # digits: the server checked
        raise _too_large(most)
    body = bytearray()
    try:
        async with asyncio.timeout(SMALL_BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise _too_large(most)
    except TimeoutError:
        raise _too_slow() from None
    except ClientDisconnect:
        raise Refused(400, "the request ended before its body did", "send all of it") from None
    return bytes(body)


def check_type(request: Request, *allowed: str) -> str:
    """The body's media type, without parameters. Raises Refused with 415 for one that is not `allowed`."""
    given = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if given not in allowed:
        words = f"content type {given}" if given else "no content type"
        raise Refused(415, f"{words}: only {' and '.join(allowed)} can be read", "set the header Content-Type")
    return given


class Turnstile:
    """Lets `at_once` through; as many as `waiting` wait their turn, and the rest are refused at once."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._places = at_once + waiting
        self._inside = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Raises Refused with 503."""
        if self._inside >= self._places:
            raise Refused(503, "too many offers at once", "try again", retry_after=2)
        self._inside += 1
        try:
            async with self._free:
                yield
        finally:
            self._inside -= 1


class Pace:
    """ASGI middleware: a client that stops sending its body is answered with 408, one request too many with 503."""

    def __init__(self, app: ASGIApp, most: int = REQUESTS) -> None:
        self._app, self._most = app, most
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._inside >= self._most:
            await answer_of(Refused(503, "too many requests at once", "try again", retry_after=2))(scope, receive, send)
        else:
            self._inside += 1
            try:
                await self._app(scope, _in_time(receive), send)
            finally:
                self._inside -= 1


def _in_time(receive: Receive) -> Receive:
    """With a bound on every wait for the body."""
    whole = False

    async def receive_in_time() -> Message:
        nonlocal whole
        if whole:  # what comes next is the client's leaving, which may take as long as the answer
            return await receive()
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                message = await receive()
        except TimeoutError:
            raise _too_slow() from None
        whole = not message.get("more_body", False)
        return message

    return receive_in_time


class PromptH11(H11Protocol):
    """HTTP/1.1 that cuts off who sends no request, or reads no answer: uvicorn bounds only the time between two."""

    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock that every answer starts again."""
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(HEADER_SECONDS, self.timeout_keep_alive_handler)

    def data_received(self, data: bytes) -> None:
        """Stop the clock only when the headers are whole."""
        clock, self.timeout_keep_alive_task = self.timeout_keep_alive_task, None
        super().data_received(data)
        begun = self.cycle is not None  # whatever its type says
        if begun and not self.cycle.response_complete:
            if clock is not None:
                clock.cancel()
        elif self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = clock

    def pause_writing(self) -> None:
        """The client reads slower than is written to it."""
        super().pause_writing()
        self._stalled = self.loop.call_later(IDLE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It has read again."""
        self._end_stall()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop both clocks, which would keep the connection in memory."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._end_stall()

    def _end_stall(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None


def _too_large(most: int) -> Refused:
    return Refused(413, f"the body is over {most} bytes", "send less")


def _too_slow() -> Refused:
    return Refused(408, "the body comes too slowly", "send it without pauses")
