from __future__ import annotations

import socket

import httpx
import pytest
from framelift.engine.live.http.auth import allowed_origins, check_host, check_origin, check_token, is_loopback
from framelift.engine.live.refused import Refused
from framelift.engine.live.settings import ServeSettings
from serving import TOKEN, LiveServer

GUARDED = [
    ("POST", "/whip/show"), ("POST", "/whep/show"), ("POST", "/offer"), ("GET", "/sessions"), ("GET", "/sessions/x"),
    ("PATCH", "/sessions/x"), ("DELETE", "/sessions/x"), ("GET", "/metrics"), ("GET", "/openapi.json"),
    ("POST", "/picture"), ("POST", "/video"), ("POST", "/jobs"), ("GET", "/jobs/x"), ("GET", "/models"),
    ("GET", "/no/such/thing"), ("GET", "/pages"),
]  # fmt: skip
OPEN = ["/", "/health", "/ready", "/page/main.js"]


def refusal_of(check: object, *arguments: object) -> int | None:
    """The status with which a check refuses; None when it does not."""
    try:
        check(*arguments)  # type: ignore[operator]
    except Refused as refused:
        return refused.status
    return None


@pytest.mark.parametrize(
    "given",
    ["", TOKEN, f"Basic {TOKEN}", "Bearer", "Bearer ", "Bearer x", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}",
     f"Bearer {TOKEN.lower()}", "Bearer tökén", f"Bearer{TOKEN}"],
)  # fmt: skip
def test_anything_but_the_token_is_401(given: str) -> None:
    assert refusal_of(check_token, given, TOKEN) == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_a_word_in_any_case(scheme: str) -> None:
    assert refusal_of(check_token, f"{scheme} {TOKEN}", TOKEN) is None


@pytest.mark.parametrize(
    ("origin", "allowed", "refused"),
    [
        (None, (), False),  # no browser, or one that asks its own server
        ("http://127.0.0.1:8080", (), False),
        ("https://127.0.0.1:8080", (), False),  # TLS may end at a proxy
        ("http://127.0.0.1:9999", (), True),
        ("https://evil.example", (), True),
        ("null", (), True),
        ("http://[", (), True),
        ("http://a]", ("https://studio.example",), True),
        ("https://studio.example", ("https://studio.example",), False),
        ("https://studio.example.evil", ("https://studio.example",), True),
        ("https://evil.example", ("*",), False),
        ("null", ("*",), False),
    ],
)
def test_only_pages_that_are_allowed_may_ask(origin: str | None, allowed: tuple[str, ...], refused: bool) -> None:
    assert refusal_of(check_origin, origin, "127.0.0.1:8080", allowed) == (403 if refused else None)


def test_a_token_allows_every_page_that_has_it_and_no_token_none() -> None:
    assert allowed_origins(ServeSettings()) == ()
    assert allowed_origins(ServeSettings(token=TOKEN)) == ("*",)
    assert allowed_origins(ServeSettings(token=TOKEN, origins=("https://a.example",))) == ("https://a.example",)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8080", "localhost:1", "[::1]:8080", "a.localhost", "127.9.9.9"]
)
def test_this_machines_names_are_served(host: str) -> None:
    assert refusal_of(check_host, host) is None


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "evil.example:8080", "10.0.0.1", "127.0.0.1.evil.example", "[::]", "[", "a]", "[127.0.0.1"],
)
def test_other_names_are_misdirected(host: str) -> None:
    assert refusal_of(check_host, host) == 421


@pytest.mark.parametrize(
    ("address", "loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),  # noqa: S104
     ("192.168.1.1", False), ("example.com", False), ("", False)],
)  # fmt: skip
def test_what_only_this_machine_reaches(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback


def test_with_a_token_all_but_the_page_and_health_is_guarded(guarded: LiveServer) -> None:
    with httpx.Client(base_url=guarded.url, trust_env=False) as stranger:
        for method, path in GUARDED:
            for authorization in ({}, {"Authorization": "Bearer wrong"}):
                answer = stranger.request(method, path, headers=authorization)
                assert answer.status_code == 401, (method, path)
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")
                assert set(answer.json()) == {"error", "hint"}
        for path in OPEN:
            assert stranger.get(path).status_code in (200, 404), path
        preflight = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
        assert stranger.options("/whip/show", headers=preflight).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["//sessions", "/page/../sessions", "/page/%2e%2e/sessions", "/sessions/", "/./sessions", "/health/../sessions",
     "http://127.0.0.1/sessions", "/SESSIONS", "/page//sessions"],
)  # fmt: skip
def test_no_way_of_writing_an_address_goes_round_the_token(guarded: LiveServer, path: str) -> None:
    where = "127.0.0.1", httpx.URL(guarded.url).port or 0
    with socket.create_connection(where, 30) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert answer.startswith((b"HTTP/1.1 401 ", b"HTTP/1.1 404 ", b"HTTP/1.1 400 "))


def test_with_the_token_requests_pass(guarded: LiveServer) -> None:
    assert guarded.get("/sessions") == []
    with guarded.client() as client:
        assert client.delete("/sessions/x").status_code == 404


def test_without_a_token_other_origins_and_names_are_refused(server: LiveServer) -> None:
    with server.client() as client:
        assert client.get("/sessions", headers={"Origin": "https://evil.example"}).status_code == 403
        assert client.get("/sessions", headers={"Host": "evil.example"}).status_code == 421
        own = {"Origin": server.url.rstrip("/")}
        assert client.get("/sessions", headers=own).status_code == 200
