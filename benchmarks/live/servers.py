"""The servers under measurement, each in processes of its own and ended for sure: ours, and plain aiortc."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from .child import Child
from .failures import ServerFailed
from .loopback import ADDRESS
from .processes import family_of
from .slow import VARIABLE, Slow
from .stock import StockSettings, serve

_SECONDS = 60.0  # to begin, on a busy machine
_GRACE = 10.0  # to end in
_MAIN = "framelift.cli.main"
_SLOW = "framelift.benchmarks.live.slow_server"


@dataclass(frozen=True)
class Server:
    """One that listens."""

    address: str  # http://127.0.0.1:PORT
    pid: int
    ours: bool

    def publishing(self, stream: str) -> str:
        """The WHIP address of a stream."""
        return f"{self.address}/whip/{stream}"

    def viewing(self, stream: str) -> str:
        """The WHEP address of a stream."""
        return f"{self.address}/whep/{stream}"


@contextmanager
def our_server(*options: str, slow: Slow | None = None) -> Iterator[Server]:
    """`framelift serve` on loopback, with more options. Raises ServerFailed."""
    start = f"from {_SLOW if slow else _MAIN} import main; main()"
    command = [sys.executable, "-c", start, "serve", "--port", "0", "--ice-address", ADDRESS, *options]
    environment = os.environ | ({VARIABLE: str(slow)} if slow else {})
    with tempfile.TemporaryFile() as words, _process(command, words, environment) as process:
        yield Server(_address(process, words), process.pid, ours=True)


@contextmanager
def stock_server(settings: StockSettings) -> Iterator[Server]:
    """Plain aiortc. Raises ChildFailed."""
    with Child(serve, settings) as child:
        yield Server(child.ready(_SECONDS), child.pid, ours=False)


@contextmanager
def _process(
    command: Sequence[str], words: IO[bytes], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Told to end by a signal, then killed with all it has started."""
    process = subprocess.Popen(command, stdout=words, stderr=words, env=environment)  # noqa: S603  our own
    try:
        yield process
    finally:
        family = family_of(process.pid)
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def _address(process: subprocess.Popen[bytes], words: IO[bytes]) -> str:
    """What it says it listens on."""
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        said = os.pread(words.fileno(), 1 << 16, 0).decode(errors="replace")  # leaves the offset, which both share
        found = re.search(rf"http://{re.escape(ADDRESS)}:\d+", said)
        if found:
            return found[0]
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise ServerFailed(f"framelift serve did not begin: {said[-2000:]}")
