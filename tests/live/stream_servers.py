"""The peers that `framelift stream` talks to in tests: FFmpeg's demuxers listening, its muxers sending."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stream_clips import BOUND, Seen, read_marked
from waiting import until


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """A port nobody has now."""
    with socket.socket(socket.AF_INET, kind) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


# ---- what listens


class Receiver:
    """A server that takes one stream, or a peer that UDP comes to: FFmpeg's demuxers, in a thread."""

    def __init__(self, url: str, options: dict[str, str] | None = None, last: int | None = None) -> None:
        self.seen = Seen()
        self._result: Future[Seen] = Future()
        self._arguments = url, options, last
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def result(self) -> Seen:
        """All that came, once the stream has ended."""
        return self._result.result(BOUND)

    def _run(self) -> None:
        url, options, last = self._arguments
        try:
            self._result.set_result(read_marked(url, options, self.seen, last))
        except Exception as error:  # noqa: BLE001  raised where it is asked for
            self._result.set_exception(error)


def listening(port: int) -> bool:
    """Whether somebody listens there, without connecting."""
    wanted = f"0100007F:{port:04X}"
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    return any(line.split()[1] == wanted and line.split()[3] == "0A" for line in lines)


def rtmp_receiver(port: int, last: int | None = None) -> Receiver:
    """An RTMP server for one publisher; returns when it listens."""
    receiver = Receiver(f"rtmp://127.0.0.1:{port}/live/x", {"listen": "1"}, last)
    until(lambda: listening(port))
    return receiver


def rtsp_receiver(port: int) -> Receiver:
    """Likewise for RTSP."""
    options = {"rtsp_flags": "listen", "listen_timeout": str(round(BOUND))}
    receiver = Receiver(f"rtsp://127.0.0.1:{port}/live", options)
    until(lambda: listening(port))
    return receiver


# ---- what sends

_REMUX = """
import sys, time
from pathlib import Path
import av
source, target, muxer, pace = sys.argv[1:5]
with av.open(source) as file, av.open(target, "w", format=muxer) as out:
    copies = {s.index: out.add_stream_from_template(s, opaque=True) for s in file.streams}
    began = None
    for packet in file.demux():
        if packet.dts is None:
            continue
        at = float(packet.dts * packet.time_base)
        began = began if began is not None else time.monotonic() - at
        if pace == "paced":
            time.sleep(max(0.0, began + at - time.monotonic()))
        packet.stream = copies[packet.stream_index]
        out.mux_one(packet)
"""


def sending(clip: Path, url: str, muxer: str, *, paced: bool = True) -> subprocess.Popen[bytes]:
    """A process that sends a clip at its own pace. With muxer `tee` the address may have FFmpeg's options."""
    return subprocess.Popen([sys.executable, "-c", _REMUX, str(clip), url, muxer, "paced" if paced else "at once"])


@contextmanager
def ended(process: subprocess.Popen[Any]) -> Iterator[subprocess.Popen[Any]]:
    """Ends the process with the body."""
    try:
        yield process
    finally:
        process.kill()
        process.wait()
