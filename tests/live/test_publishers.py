"""WHIP publishers that others wrote: FFmpeg's muxer, GStreamer's webrtcbin."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest
from certificates import certificate_in
from rtc_peers import picture, until
from serving import TOKEN, LiveServer, served
from visits import speaking, watching

SYSTEM_PYTHON = "/usr/bin/python3"
NEEDED = "import gi; gi.require_version('GstWebRTC', '1.0'); from gi.repository import Gst, GstWebRTC; Gst.init(None)"
ELEMENTS = ("webrtcbin", "nicesrc", "x264enc", "vp8enc", "dtlsenc", "srtpenc")


class FfmpegPublisher(threading.Thread):
    """FFmpeg's WHIP muxer, sending numbered pictures until `stop`."""

    def __init__(self, url: str, folder: Path, token: str | None) -> None:
        super().__init__(daemon=True)
        certificate, key = certificate_in(folder)
        self._options = {"cert_file": str(certificate), "key_file": str(key)}
        self._options |= {} if token is None else {"authorization": token}
        self._url = url
        self._ending = threading.Event()
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self._publish()
        except Exception as error:  # noqa: BLE001  the test shows it
            self.error = error

    def stop(self) -> None:
        """End the stream and wait."""
        self._ending.set()
        self.join(30)
        assert self.error is None, self.error

    def _publish(self) -> None:
        with av.open(self._url, "w", format="whip", options=self._options) as output:
            stream = output.add_stream("libx264", rate=30)
            stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 320, 240, "yuv420p", 1_000_000
            stream.codec_context.time_base = Fraction(1, 30)
            stream.codec_context.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline",
                                            "g": "30", "bf": "0"}  # fmt: skip
            began, number = time.monotonic(), 0
            while not self._ending.wait(max(0.0, began + number / 30 - time.monotonic())):
                frame = picture(number)
                frame.pts, frame.time_base = number, Fraction(1, 30)
                for packet in stream.encode(frame):
                    output.mux(packet)
                number += 1


@pytest.mark.parametrize("token", [None, TOKEN])
def test_ffmpeg(server: LiveServer, guarded: LiveServer, tmp_path: Path, token: str | None) -> None:
    target = server if token is None else guarded
    publisher = FfmpegPublisher(f"{target.url}whip/ffmpeg", tmp_path, token)

    async def run() -> None:
        async with speaking(target) as http:
            async with asyncio.timeout(30):
                while not (await http.get("/sessions")).json():
                    assert publisher.error is None, publisher.error
                    await asyncio.sleep(0.05)
            async with watching(http, "ffmpeg") as viewer:
                await viewer.sees(30)
                assert viewer.peer.sizes == {(640, 480)}
            await asyncio.to_thread(publisher.stop)
            async with asyncio.timeout(15):  # its DELETE, or else the loss of its consent
                while (await http.get("/sessions")).json():
                    await asyncio.sleep(0.1)

    publisher.start()
    asyncio.run(run())


def has_gstreamer() -> bool:
    found = f"{NEEDED}; assert all(map(Gst.ElementFactory.find, {ELEMENTS}))"
    with contextlib.suppress(OSError):
        return subprocess.run([SYSTEM_PYTHON, "-c", found], capture_output=True, check=False).returncode == 0
    return False


def own_address() -> str | None:
    """An address of this machine that is not its loopback's, which libnice leaves out. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found, contextlib.suppress(OSError):
        found.connect(("192.0.2.1", 9))
        address = str(found.getsockname()[0])
        return None if address.startswith("127.") else address
    return None


@contextlib.contextmanager
def gstreamer(url: str, codec: str) -> Iterator[subprocess.Popen[str]]:
    script = Path(__file__).with_name("gst_whip.py")
    command = (SYSTEM_PYTHON, str(script), url, codec)
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sys.stderr, text=True
    ) as child:
        try:
            yield child
        finally:
            child.kill()


@pytest.mark.skipif(not has_gstreamer(), reason="no GStreamer with webrtcbin and bindings for the system's Python")
@pytest.mark.skipif(own_address() is None, reason="no address but the loopback's, which GStreamer leaves out")
@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_gstreamer(codec: str) -> None:
    async def run(server: LiveServer, child: subprocess.Popen[str]) -> None:
        assert child.stdout is not None
        assert child.stdin is not None
        assert await asyncio.to_thread(child.stdout.readline) == "201\n"
        async with speaking(server) as http:
            async with watching(http, "gstreamer") as viewer:
                await until(lambda: len(viewer.peer.numbers) > 30, what="pictures")
                assert viewer.peer.sizes == {(640, 480)}
            child.stdin.close()
            assert await asyncio.to_thread(child.stdout.readline) == "200\n"
            assert (await http.get("/sessions")).json() == []

    with (
        served("--ice-address", own_address() or "") as server,
        gstreamer(f"{server.url}whip/gstreamer", codec) as child,
    ):
        asyncio.run(run(server, child))
