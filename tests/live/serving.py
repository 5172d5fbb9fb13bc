"""A real server for the tests: `framelift serve` in a process of its own, on a port of its own, ended for sure."""

from __future__ import annotations

import contextlib
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx

START_SECONDS = 90  # on a busy machine with sanitizers and other tests beside it
END_SECONDS = 20
TOKEN = "NoSecretOfAnybody"  # noqa: S105  the tests' own
ON_LOOPBACK = ("--ice-address", "127.0.0.1")


@dataclass
class LiveServer:
    """One that runs, as its user sees it."""

    url: str  # with the last slash
    process: subprocess.Popen[str]
    log: Path  # stderr
    token: str | None = None

    def client(self, **options: Any) -> httpx.Client:
        """Speaks to it, with its token."""
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False, **options)

    def get(self, path: str) -> Any:
        """The JSON at `path`, which must be there."""
        with self.client() as client:
            return client.get(path).raise_for_status().json()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it by a signal, as a user does; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(END_SECONDS)


@contextlib.contextmanager
def served(*options: str, token: str | None = None, files: int | None = None) -> Iterator[LiveServer]:
    """`framelift serve` with `options`, ready; it may have `files` open."""
    given = (*ON_LOOPBACK, *options, *(() if token is None else ("--token", token)))
    command = (sys.executable, "-c", "from framelift.cli.main import main; main()", "serve", "--port", "0", *given)
    if files is not None:
        command = ("sh", "-c", f'ulimit -n {files} && exec "$@"', "sh", *command)
    with tempfile.NamedTemporaryFile("w+", suffix=".log") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            yield LiveServer(_address(process, Path(log.name)), process, Path(log.name), token)
        finally:
            _end(process)


def wait_until(what: Any, seconds: float = 20.0, *, every: float = 0.05) -> Any:
    """What `what()` gives as soon as that is true. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := what()):
        assert time.monotonic() < deadline, (
            f"{getattr(what, '__name__', what)} did not come true in {seconds} s: {value}"
        )
        time.sleep(every)
    return value


def _address(process: subprocess.Popen[str], log: Path) -> str:
    """The address in the line that the server prints when it is ready."""
    assert process.stdout is not None
    line = _line(process.stdout)
    found = re.search(r"https?://\S+/", line)
    assert found, f"no address in {line!r}; its stderr: {log.read_text(encoding='utf-8')}"
    return found[0]


def _line(stream: IO[str]) -> str:
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        assert selector.select(START_SECONDS), "the server did not start"
    return stream.readline()


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    assert process.stdout is not None
    process.stdout.close()
