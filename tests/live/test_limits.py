"""What a client that takes too much, or nothing at all, gets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import cast

import httpx
import pytest
import uvicorn
from framelift.engine.live.http import limits
from framelift.engine.live.http.limits import Pace, PromptH11, Turnstile
from framelift.engine.live.refused import Refused
from framelift.engine.live.settings import LONGEST_SDP
from serving import LiveServer
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

SDP = {"Content-Type": "application/sdp"}


@pytest.fixture
def client(server: LiveServer) -> Iterator[httpx.Client]:
    with server.client() as made:
        yield made


def raw(server: LiveServer, request: bytes) -> bytes:
    """All that comes back for bytes that no client library would send."""
    with socket.create_connection(("127.0.0.1", httpx.URL(server.url).port or 0), 30) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def test_a_body_that_says_it_is_too_large_is_not_read(server: LiveServer) -> None:
    head = (
        b"POST /whip/a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/sdp\r\nContent-Length: 9999999\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", httpx.URL(server.url).port or 0), 30) as connection:
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")  # before a byte of the body


def test_a_body_that_does_not_say_how_large_it_is_is_cut(client: httpx.Client) -> None:
    chunks = (b"a=x\r\n" * 1000 for _ in range(100))
    assert client.post("/whip/a", content=chunks, headers=SDP).status_code == 413


def test_a_body_of_the_largest_size_is_read(client: httpx.Client) -> None:
    assert client.post("/whip/a", content=b"v" * LONGEST_SDP, headers=SDP).status_code == 400
    assert client.post("/whip/a", content=b"v" * (LONGEST_SDP + 1), headers=SDP).status_code == 413


@pytest.mark.parametrize("path", ["/whip/a", "/whep/a", "/offer", "/sessions/x"])
@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/sdpx", "multipart/form-data", "application/sdp+json"]
)
def test_a_body_of_another_type_is_415(client: httpx.Client, path: str, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    method = "PATCH" if path.startswith("/sessions") else "POST"
    answer = client.request(method, path, content=b"v=0", headers=headers)
    assert answer.status_code == 415
    assert "application/" in answer.json()["error"]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        b"POST /whip/a HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /whip/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /whip/a HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\r\n" * 1000,
        b"GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://[\r\n\r\n",
        b"GET /none HTTP/1.1\r\nHost: [\r\n\r\n",
        b"GET none HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    ],
)
@pytest.mark.parametrize("kind", ["server", "guarded"])
def test_garbage_harms_nobody(request: pytest.FixtureRequest, kind: str, request_bytes: bytes) -> None:
    server: LiveServer = request.getfixturevalue(kind)
    end = request_bytes.removesuffix(b"\r\n\r\n") + f"\r\nAuthorization: Bearer {server.token}\r\n\r\n".encode()
    for sent in (request_bytes, end):
        answer = raw(server, sent)
        assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4", b"HTTP/1.1 200 "))
    assert server.get("/health")["status"] == "ok"
    assert "Traceback" not in server.log.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ["/", "/health", "/ready"])
def test_who_only_looks_whether_it_is_there_may(client: httpx.Client, path: str) -> None:
    answer = client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"] == client.get(path).headers["Content-Type"]


def test_a_body_that_stops_is_given_up(server: LiveServer) -> None:
    head = (
        b"POST /whip/a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/sdp\r\nContent-Length: 100\r\n\r\nv=0"
    )
    with socket.create_connection(("127.0.0.1", httpx.URL(server.url).port or 0), 60) as connection:
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 408 ")


def test_a_request_that_never_comes_is_given_up(server: LiveServer) -> None:
    with socket.create_connection(("127.0.0.1", httpx.URL(server.url).port or 0), 60) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: ")
        assert connection.recv(100) == b""


def test_one_request_too_many_is_told_to_come_back() -> None:
    async def run() -> None:
        gate, inside = asyncio.Event(), asyncio.Semaphore(0)

        async def slow(scope: Scope, receive: Receive, send: Send) -> None:
            inside.release()
            await gate.wait()
            await Response()(scope, receive, send)

        transport = httpx.ASGITransport(Pace(slow, most=2))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client, asyncio.timeout(20):
            held = [asyncio.create_task(client.get("/")) for _ in range(2)]
            for _ in held:
                await inside.acquire()
            refused = await client.get("/")
            assert refused.status_code == 503
            assert int(refused.headers["Retry-After"]) > 0
            assert set(refused.json()) == {"error", "hint"}
            gate.set()
            assert [(await answer).status_code for answer in held] == [200, 200]
            assert (await client.get("/")).status_code == 200

    asyncio.run(run())


def test_few_work_some_wait_and_the_rest_is_refused() -> None:
    async def run() -> tuple[int, list[int]]:
        turnstile, gate = Turnstile(at_once=2, waiting=3), asyncio.Event()
        inside, most, refused = 0, 0, list[int]()

        async def ask() -> None:
            nonlocal inside, most
            try:
                async with turnstile.turn():
                    inside += 1
                    most = max(most, inside)
                    await gate.wait()
                    inside -= 1
            except Refused as error:
                refused.append(error.status)

        asking = [asyncio.create_task(ask()) for _ in range(20)]
        while len(refused) < 15:
            await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*asking)
        await ask()  # and everybody has left
        return most, refused

    most, refused = asyncio.run(run())
    assert most == 2
    assert refused == [503] * 15


def test_a_client_that_reads_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large answer waits in the server for its reader: not for ever."""
    monkeypatch.setattr(limits, "IDLE_SECONDS", 0.2)

    async def endless(_: object, __: object, send: object) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
        while True:
            await send({"type": "http.response.body", "body": bytes(1 << 20), "more_body": True})  # type: ignore[operator]
            if not server.server_state.connections:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(endless, http=PromptH11, ws="none", lifespan="off", log_config=None))

        async def run() -> None:
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            _, writer = await asyncio.open_connection(*listener.getsockname(), limit=1)
            reading = cast("asyncio.ReadTransport", writer.transport)
            reading.pause_reading()
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            async with asyncio.timeout(20):
                while not server.server_state.total_requests and not server.server_state.tasks:
                    await asyncio.sleep(0.01)
                while server.server_state.connections:
                    await asyncio.sleep(0.01)
            writer.close()
            server.should_exit = True
            await serving

        asyncio.run(run())
