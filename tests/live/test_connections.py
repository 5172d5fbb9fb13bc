"""More connections than the server has room for, and such that never say anything."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

import httpx
from certificates import certificate_in
from serving import LiveServer, served, wait_until

FILES = 128


def connected(server: LiveServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", httpx.URL(server.url).port or 0), 30)


def is_open(connection: socket.socket) -> bool:
    """Whether the server has left it open, so far."""
    connection.setblocking(False)
    try:
        return bool(connection.recv(1))
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


def test_who_is_connected_is_served_however_many_others_connect() -> None:
    with served(files=FILES) as server, server.client() as early, contextlib.ExitStack() as stack:
        assert early.get("/health").status_code == 200
        idle = [stack.enter_context(connected(server)) for _ in range(3 * FILES)]
        wait_until(lambda: sum(map(is_open, idle)) < FILES // 2)
        assert early.get("/health").status_code == 200
        assert early.get("/sessions").json() == []
        stack.close()
        wait_until(lambda: _answers(server))  # there is room again
        assert server.stop() == 0
        assert server.log.read_text(encoding="utf-8").strip() == "ended"


def _answers(server: LiveServer) -> bool:
    with server.client() as client:
        try:
            return client.get("/ready").status_code == 200
        except httpx.TransportError:
            return False


def test_those_who_never_begin_tls_are_counted_and_cut_off(tmp_path: Path) -> None:
    certificate, key = certificate_in(tmp_path)
    options = ("--certificate", str(certificate), "--private-key", str(key))
    with served(*options, files=FILES) as server, contextlib.ExitStack() as stack:
        idle = [stack.enter_context(connected(server)) for _ in range(3 * FILES)]
        wait_until(lambda: sum(map(is_open, idle)) < FILES // 2, 10)
        wait_until(lambda: not any(map(is_open, idle)), 40)  # asyncio's own bound is 60 s
        assert server.log.read_text(encoding="utf-8") == ""
