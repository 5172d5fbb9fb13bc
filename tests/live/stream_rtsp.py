"""A small RTSP server with one video track, as a camera is."""

from __future__ import annotations

import base64
import socket
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext
from stream_clips import BOUND, FPS


class RtspServer:
    """Serves a clip's video to each client that plays it, over TCP: RFC 2326, RTP by RFC 6184, interleaved."""

    def __init__(
        self, clip: Path, most_frames: int | None = None, at_once: int = 0, seconds: float | None = None
    ) -> None:
        """Cuts the connection after `most_frames`, as a camera that loses power does.

        The first `at_once` come in a burst, as from a server that keeps what was since the last keyframe. One that
        says how many `seconds` there are plays a recording.
        """
        self._frames, self._parameters = annex_b(clip)
        self._most, self._at_once = most_frames, at_once
        self._range = "" if seconds is None else f"a=range:npt=0-{seconds}\r\n"
        self._stop = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://user:secret@127.0.0.1:{self._socket.getsockname()[1]}/camera"
        self.plays = 0
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> RtspServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(BOUND)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._socket.accept()[0]
                self._threads.append(threading.Thread(target=self._serve, args=(client,), daemon=True))
                self._threads[-1].start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError, ValueError), client.makefile("rb") as requests:
            while True:
                method = requests.readline().split()[0].decode()
                headers = dict(line.decode().strip().split(": ", 1) for line in iter(requests.readline, b"\r\n"))
                self._answer(client, method, headers)
                if method == "PLAY":
                    self.plays += 1
                    self._play(client)
                    return

    def _answer(self, client: socket.socket, method: str, headers: dict[str, str]) -> None:
        lines, body = [f"CSeq: {headers['CSeq']}", "Session: 1"], ""
        if method == "OPTIONS":
            lines.append("Public: DESCRIBE, SETUP, PLAY, TEARDOWN")
        elif method == "DESCRIBE":
            sets = ",".join(base64.b64encode(unit).decode() for unit in self._parameters)
            body = (
                f"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\n{self._range}m=video 0 RTP/AVP 96\r\n"
                f"a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;sprop-parameter-sets={sets}\r\n"
                "a=control:track\r\n"
            )
            lines += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        elif method == "SETUP":
            lines.append("Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
        client.sendall("\r\n".join(["RTSP/1.0 200 OK", *lines, "", body]).encode())

    def _play(self, client: socket.socket) -> None:
        began, sequence, ticks = time.monotonic(), 0, 123_456  # RTP time begins anywhere
        for number, frame in enumerate(self._frames[: self._most]):
            if self._stop.wait(max(0.0, began + (number - self._at_once) / FPS - time.monotonic())):
                return
            payloads = [payload for unit in _units(frame) for payload in _payloads(unit)]
            for place, payload in enumerate(payloads):
                marker = 0x80 if place == len(payloads) - 1 else 0
                header = struct.pack(
                    ">BBHII", 0x80, 96 | marker, sequence & 0xFFFF, 123_456 + number * 90_000 // FPS, 7
                )
                client.sendall(struct.pack(">cBH", b"$", 0, len(header) + len(payload)) + header + payload)
                sequence += 1
            ticks += 90_000 // FPS


def annex_b(clip: Path) -> tuple[list[bytes], list[bytes]]:
    """The frames of a clip, and its parameter sets."""
    with av.open(str(clip)) as file:
        stream = file.streams.video[0]
        convert = BitStreamFilterContext("h264_mp4toannexb", stream)
        frames = [bytes(made) for packet in file.demux(stream) if packet.size for made in convert.filter(packet)]
    return frames, [unit for unit in _units(frames[0]) if unit[0] & 31 in (7, 8)]


def _units(frame: bytes) -> list[bytes]:
    """NAL units between start codes."""
    return [unit for unit in frame.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if unit]


def _payloads(unit: bytes) -> list[bytes]:
    """RFC 6184: the unit whole, or in fragments (FU-A)."""
    if len(unit) <= 1200:
        return [unit]
    parts = [unit[i : i + 1200] for i in range(1, len(unit), 1200)]
    indicator = unit[0] & 0xE0 | 28
    ends = [0x80, *[0] * (len(parts) - 2), 0x40]
    return [bytes([indicator, end | unit[0] & 31]) + part for end, part in zip(ends, parts, strict=True)]
