"""How many may be connected, and how long TLS may take: bounds below HTTP, which sees only what has come so far."""

from __future__ import annotations

import asyncio
import resource
import socket
import ssl as tls
from typing import Any
from weakref import WeakSet

CONNECTIONS = 1000
HANDSHAKE_SECONDS = 10.0
_FILES = 10_240  # that a process may have open; the media process takes some for each session
_SPARE_FILES = 256  # for uploads, workers' pipes, and what Python itself opens


def connections_that_fit() -> int:
    """`CONNECTIONS`, or fewer where the system allows few open files; first it is asked for more of them.

    A connection may hold two: itself, and the result that is sent over it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return min(CONNECTIONS, max(wanted - _SPARE_FILES, wanted // 2) // 2)


class Listener(socket.socket):
    """A listening socket that closes at once what comes while `most` of its connections are open."""

    def __init__(self, listening: socket.socket, most: int) -> None:
        """Take `listening` over."""
        super().__init__(fileno=listening.detach())
        self._most = most
        self._taken = WeakSet[socket.socket]()

    def accept(self) -> tuple[socket.socket, Any]:
        """As the parent. Raises ConnectionAbortedError, which asyncio passes over, for one too many."""
        connection, address = super().accept()
        if len(self._taken) >= self._most:
            self._taken = WeakSet(taken for taken in self._taken if taken.fileno() >= 0)  # -1: it is closed
        if len(self._taken) >= self._most:
            connection.close()
            raise ConnectionAbortedError
        self._taken.add(connection)
        return connection, address


class PromptLoop(asyncio.SelectorEventLoop):
    """Bounds the TLS handshake, which uvicorn leaves at asyncio's 60 s."""

    async def create_server(  # type: ignore[override]
        self, *arguments: Any, ssl: tls.SSLContext | None = None, **options: Any
    ) -> asyncio.Server:
        """As the parent."""
        seconds = None if ssl is None else HANDSHAKE_SECONDS
        return await super().create_server(*arguments, ssl=ssl, ssl_handshake_timeout=seconds, **options)
