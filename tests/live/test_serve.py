"""The command and its process: what it prints, what it refuses, how it ends, what becomes of the media process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from certificates import certificate_in
from framelift.cli.main import exit_code_of
from framelift.engine.live.host import process
from framelift.engine.live.settings import ServeSettings
from runs import refusal
from serving import LiveServer, served, wait_until
from visits import publishing, speaking, watching


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_0_and_leaves_no_process(number: int) -> None:
    with served() as server:
        children = children_of(server.process.pid)
        assert children
        assert server.get("/ready") == {"ready": True}
        assert server.stop(number) == 0
        assert not any(map(is_alive, children))
        assert server.log.read_text(encoding="utf-8").strip() == "ended"


def apart(pid: int, count: int, others: Sequence[int] = ()) -> list[int]:
    """So many children of `pid` beside `others`, each the leader of a group; none before there are so many."""
    children = [child for child in children_of(pid) if child not in others]
    return children if len(children) == count and all(os.getpgid(child) == child for child in children) else []


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds its processes through /proc")
def test_ctrl_c_in_a_terminal_reaches_none_of_its_processes_and_they_end_with_it() -> None:
    with served() as server, server.client() as client:
        client.get("/models").raise_for_status()  # begins to measure speed
        children = wait_until(lambda: apart(server.process.pid, 2))  # with the one for media
        for path in ("/picture", "/jobs"):
            client.post(path, files={"file": ("some.file", b"nothing to see")})
        children += wait_until(lambda: apart(server.process.pid, 2, children))
        server.process.kill()
        server.process.wait()
        wait_until(lambda: not any(map(is_alive, children)), 60)


def test_answers_that_never_end_do_not_hold_the_end_up() -> None:
    with served() as server, socket.create_connection(("127.0.0.1", httpx.URL(server.url).port or 0)) as slow:
        slow.sendall(b"POST /whip/show HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/sdp\r\n"
                     b"Content-Length: 1000\r\n\r\n")  # fmt: skip
        wait_until(lambda: server.get("/health")["server"]["tasks"] > 3)
        assert server.stop() == 0


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds the media process through /proc")
class TestMediaProcess:
    def test_when_it_dies_it_is_noticed_and_started_again(self) -> None:
        with served() as server, server.client() as client:
            (first,) = children_of(server.process.pid)
            os.kill(first, signal.SIGKILL)
            wait_until(lambda: client.get("/ready").status_code == 503, every=0.005)
            answer = client.get("/sessions")
            assert answer.status_code in (503, 200)  # 200: it is there again
            assert answer.status_code == 200 or int(answer.headers["Retry-After"]) > 0
            assert client.get("/health").status_code == 200
            assert client.get("/metrics").status_code == 200
            wait_until(lambda: client.get("/ready").status_code == 200)
            assert client.get("/sessions").json() == []
            assert client.get("/health").json()["restarts"] == 1
            assert children_of(server.process.pid) != [first]

    def test_one_that_hangs_is_replaced(self) -> None:
        with served() as server, server.client() as client:
            (first,) = children_of(server.process.pid)
            os.kill(first, signal.SIGSTOP)
            wait_until(lambda: client.get("/health").json()["restarts"] == 1, 60)
            wait_until(lambda: client.get("/ready").status_code == 200)
            assert not is_alive(first)

    def test_it_does_not_outlive_the_server(self) -> None:
        with served() as server:
            (child,) = children_of(server.process.pid)
            server.process.kill()
            server.process.wait()
            wait_until(lambda: not is_alive(child))


def test_a_media_process_that_hangs_ends_with_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is being given its time to end at that moment."""
    monkeypatch.setattr(process, "PING_SECONDS", 0.1)
    monkeypatch.setattr(process, "PONG_SECONDS", 0.5)
    monkeypatch.setattr(process, "END_SECONDS", 600.0)

    async def run() -> None:
        media = process.MediaProcess(ServeSettings())
        await media.start()
        pid = media.pid
        assert pid is not None
        try:
            os.kill(pid, signal.SIGSTOP)
            async with asyncio.timeout(30):
                while media.ready:
                    await asyncio.sleep(0.05)
                await media.close()
            assert not is_alive(pid)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    asyncio.run(run())


def test_an_error_nobody_thought_of_ends_the_start() -> None:
    async def run() -> None:
        media = process.MediaProcess(ServeSettings(max_sessions=object()))  # type: ignore[arg-type]
        async with asyncio.timeout(30):
            with pytest.raises(TypeError, match="JSON"):
                await media.start()
            await media.close()

    asyncio.run(run())


def test_a_trace_has_every_stage_of_the_frames(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"

    async def run(server: LiveServer) -> None:
        async with speaking(server) as http, publishing(http, "traced"), watching(http, "traced") as viewer:
            await viewer.sees(20)

    with served("--trace", str(path)) as server:
        asyncio.run(run(server))
        assert server.stop() == 0
    spans = [event for event in json.loads(path.read_text(encoding="utf-8")) if event["ph"] == "X"]
    assert {event["name"] for event in spans} >= {"decode", "upscale", "encode", "send"}
    assert {event["cat"] for event in spans} == {"traced"}
    assert len({event["args"]["frame"] for event in spans}) >= 20


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds the media process through /proc")
def test_a_media_process_started_again_keeps_the_trace_of_the_one_before(tmp_path: Path) -> None:
    with served("--trace", str(tmp_path / "trace.json")) as server:
        (tmp_path / "trace.json").write_text("kept", encoding="utf-8")
        os.kill(children_of(server.process.pid)[0], signal.SIGKILL)
        wait_until((tmp_path / "trace-2.json").exists)
    assert (tmp_path / "trace.json").read_text(encoding="utf-8") == "kept"


def test_over_tls(tmp_path: Path) -> None:
    certificate, key = certificate_in(tmp_path)
    with served("--certificate", str(certificate), "--private-key", str(key)) as server:
        assert server.url.startswith("https://")
        context = ssl.create_default_context(cafile=str(certificate))
        with httpx.Client(verify=context, trust_env=False) as client:
            url = httpx.URL(server.url).copy_with(host="localhost")
            assert client.get(url.join("/ready")).json() == {"ready": True}


def test_on_ipv6() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with served("--host", "::1") as server:
        assert server.get("/ready") == {"ready": True}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "0.0.0.0"], "without a token"),  # noqa: S104
        (["--host", "192.0.2.1"], "without a token"),
        (["--token", "two words"], "token"),
        (["--token", ""], "token"),
        (["--certificate", "some.pem"], "private key"),
        (["--certificate", "none.pem", "--private-key", "none.key"], "none.pem"),
        (["--model", "no-such-model"], "no-such-model"),
        (["--model", "no/such.onnx"], "no/such.onnx"),
        (["--backend", "abacus"], "abacus"),
        (["--host", "192.0.2.1", "--token", "abc"], "listen"),
        (["--host", "a..b", "--token", "abc"], "listen"),
        (["--trace", "no/such/folder/trace.json"], "trace"),
        (["--ice-server", "http://127.0.0.1/"], "ICE server"),
    ],
)
def test_what_cannot_be_served_is_refused(
    options: list[str], words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with refusal(capfd, tmp_path) as lines:
        assert exit_code_of(["serve", "--port", "0", *options]) in (2, 4, 5)
    assert words in lines[0]


def test_a_port_that_is_taken_is_refused(server: LiveServer, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with refusal(capfd, tmp_path) as lines:
        assert exit_code_of(["serve", "--port", str(httpx.URL(server.url).port)]) == 2
    assert "listen" in lines[0]


def test_a_token_is_needed_only_beyond_this_machine(capfd: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["serve", "--help"]) == 0
    assert "--token" in capfd.readouterr().out
