"""WebRTC peers for the tests: stock aiortc clients, pictures that carry a number, and a network that loses packets."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from fractions import Fraction
from functools import cache
from typing import Any

import av
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av.video.frame import PictureType
from framelift.engine.frame import Ledger
from framelift.engine.live.encoded import EncodedFrame
from framelift.engine.live.settings import IceSettings
from framelift.engine.live.slot import Closed
from framelift.engine.live.webrtc.connection import LiveConnection, new_connection
from framelift.engine.live.webrtc.sdp import check_offer
from numpy.typing import NDArray

PATIENCE = 30.0  # seconds until what should happen counts as stuck; no test waits for it when all is well
LOOPBACK = "127.0.0.1"
BITS = 24  # of a number in a picture: 4 to find it, 16 for it, 4 to check it


async def until(condition: Callable[[], object], *, what: str = "", within: float = PATIENCE) -> None:
    """Wait for `condition` to hold."""
    end = asyncio.get_running_loop().time() + within
    while not condition():
        assert asyncio.get_running_loop().time() < end, f"did not happen within {within:g} s: {what or condition}"
        await asyncio.sleep(0.01)


def picture(number: int, width: int = 320, height: int = 240) -> av.VideoFrame:
    """A moving picture, 4:2:0, that shows `number` as black and white blocks along its upper edge."""
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = np.roll(_texture(width, height), 3 * number, axis=1)
    block = width // 40
    for place, bit in enumerate(_bits(number)):
        planes[:block, place * block : (place + 1) * block] = 235 if bit else 16
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.pts, frame.time_base = number * 3000, Fraction(1, 90_000)
    return frame


def number_of(frame: av.VideoFrame) -> int | None:
    """The number that a 4:2:0 picture shows, None where it shows none: survives scaling and lossy coding."""
    plane, block = frame.planes[0], frame.width / 40
    upper = bytes(memoryview(plane)[: plane.line_size * math.ceil(block)])
    rows = np.frombuffer(upper, np.uint8).reshape(-1, plane.line_size)
    middle = rows[int(block / 4) : int(3 * block / 4) + 1]
    means = [middle[:, int((place + 0.25) * block) : int((place + 0.75) * block) + 1].mean() for place in range(BITS)]
    bits = [int(mean > 128) for mean in means]
    number = int("".join(map(str, bits[4:20])), 2)
    return number if bits == _bits(number) else None


@cache
def _texture(width: int, height: int) -> NDArray[Any]:
    rows, columns = np.mgrid[:height, :width]
    waves = 128 + 50 * np.sin(columns * 2 * np.pi * 8 / width) * np.cos(rows / 23)
    texture: NDArray[Any] = (waves + np.random.default_rng(1).integers(-20, 20, (height, width))).astype(np.uint8)
    return texture


def _bits(number: int) -> list[int]:
    number &= 0xFFFF
    check = (number ^ number >> 4 ^ number >> 8 ^ number >> 12 ^ 5) & 15
    return [int(bit) for bit in f"1010{number:016b}{check:04b}"]


class NumberedVideo(MediaStreamTrack):
    """Numbered pictures at `rate` a second, from 0."""

    kind = "video"

    def __init__(self, rate: float = 30, width: int = 320, height: int = 240, last: int | None = None) -> None:
        super().__init__()
        self.sent = 0
        self._rate, self._size, self._last = rate, (width, height), last
        self._began: float | None = None

    async def recv(self) -> av.VideoFrame:
        if self.sent == self._last:
            self.stop()
            raise MediaStreamError
        loop = asyncio.get_running_loop()
        self._began = loop.time() if self._began is None else self._began
        await asyncio.sleep(max(0.0, self._began + self.sent / self._rate - loop.time()))
        frame = picture(self.sent, *self._size)
        frame.pts = round(self.sent * 90_000 / self._rate)
        self.sent += 1
        return frame


class Tone(MediaStreamTrack):
    """A tone in packets of 20 ms."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0
        self._began: float | None = None

    async def recv(self) -> av.AudioFrame:
        loop = asyncio.get_running_loop()
        self._began = loop.time() if self._began is None else self._began
        await asyncio.sleep(max(0.0, self._began + self.sent * 0.02 - loop.time()))
        times = np.arange(self.sent * 960, (self.sent + 1) * 960)
        samples = (8000 * np.sin(times * 2 * np.pi * 440 / 48_000)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, self.sent * 960, Fraction(1, 48_000)
        self.sent += 1
        return frame


class Client:
    """A stock aiortc client. What it receives is decoded and kept: numbers of pictures, and how many sounds."""

    def __init__(self, connection: RTCPeerConnection) -> None:
        self.connection = connection
        self.numbers: list[int | None] = []
        self.sizes: set[tuple[int, int]] = set()
        self.sounds = 0
        self._tasks: list[asyncio.Task[None]] = []
        connection.on("track", self._receive)

    def publish(self, track: MediaStreamTrack, codec: str | None = None, direction: str = "sendonly") -> None:
        """Offer to send `track`, in "H264" or "VP8" where told."""
        transceiver = self.connection.addTransceiver(track, direction)
        if codec:
            _only(transceiver, codec)

    def watch(self, kind: str = "video", codec: str | None = None) -> None:
        """Offer to receive."""
        transceiver = self.connection.addTransceiver(kind, "recvonly")
        if codec:
            _only(transceiver, codec)

    async def offer(self) -> str:
        """The offer's text, with all candidates."""
        on_loopback(self.connection)
        await self.connection.setLocalDescription(await self.connection.createOffer())
        text: str = self.connection.localDescription.sdp
        return text

    async def accept(self, answer: str) -> None:
        """Connect, on the answer's terms."""
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def connected(self) -> None:
        """Wait until media can flow."""
        await until(lambda: self.connection.connectionState == "connected", what="connected")

    async def close(self) -> None:
        """End it and what it began."""
        await self.connection.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _receive(self, track: MediaStreamTrack) -> None:
        self._tasks.append(asyncio.ensure_future(self._read(track)))

    async def _read(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, av.VideoFrame):
                self.numbers.append(number_of(frame))
                self.sizes.add((frame.width, frame.height))
            else:
                self.sounds += 1


@asynccontextmanager
async def client() -> AsyncIterator[Client]:
    """A client that is closed at the end."""
    peer = Client(RTCPeerConnection(RTCConfiguration(iceServers=[])))
    try:
        yield peer
    finally:
        await peer.close()


def on_loopback(connection: RTCPeerConnection) -> None:
    """Have a connection that has not gathered its candidates use 127.0.0.1 alone, which aioice leaves out by itself."""
    for agent in _agents(connection):
        agent.get_component_candidates = _with_loopback(agent.get_component_candidates)


def _with_loopback(gather: Callable[..., Any]) -> Callable[..., Any]:
    async def gather_on_loopback(component: int, addresses: list[str]) -> Any:
        assert LOOPBACK not in addresses
        return await gather(component=component, addresses=[LOOPBACK])

    return gather_on_loopback


def lose(connection: RTCPeerConnection, share: float, seed: int = 1) -> dict[str, int]:
    """From now on lose this share of the datagrams with media, both ways; the counts of what was lost and passed."""
    chance, counts = random.Random(seed), {"lost": 0, "passed": 0}  # noqa: S311  a network, not a secret

    def passes(data: bytes) -> bool:
        lost = data[0] > 127 and chance.random() < share  # RTP and RTCP (RFC 7983 section 7)
        counts["lost" if lost else "passed"] += 1
        return not lost

    for agent in _agents(connection):
        for protocol in agent._protocols:
            _filter(protocol, passes)
    return counts


def _filter(protocol: Any, passes: Callable[[bytes], bool]) -> None:
    send, receive = protocol.send_data, protocol.datagram_received

    async def send_data(data: bytes, address: tuple[str, int]) -> None:
        if passes(data):
            await send(data, address)

    def datagram_received(data: bytes, address: tuple[Any, ...]) -> None:
        if passes(data):
            receive(data, address)

    protocol.send_data, protocol.datagram_received = send_data, datagram_received


def _agents(connection: RTCPeerConnection) -> list[Any]:
    transports = {each.receiver.transport.transport for each in connection.getTransceivers()}
    return [transport._connection for transport in transports]


def _only(transceiver: Any, codec: str) -> None:
    offered = RTCRtpSender.getCapabilities(transceiver.kind).codecs
    transceiver.setCodecPreferences([each for each in offered if each.name in {codec, "rtx"}])


class Numbers:
    """A seat whose frames are numbered pictures, freshly encoded: stands where a publication's encoder does."""

    def __init__(
        self, codec: str, rate: float = 30, size: tuple[int, int] = (320, 240), last: int | None = None
    ) -> None:
        self.made: list[EncodedFrame] = []
        self.keyframe_wanted = self.only_keyframes = False
        self._codec, self._rate, self._last = codec, rate, last
        self._encoder = _encoder(codec, *size)
        self.size = size
        self._began: float | None = None

    async def next(self) -> EncodedFrame:
        """The next frame, in its time. Raises Closed after the last."""
        number = len(self.made)
        if number == self._last:
            raise Closed
        loop = asyncio.get_running_loop()
        self._began = loop.time() if self._began is None else self._began
        await asyncio.sleep(max(0.0, self._began + number / self._rate - loop.time()))
        self.made.append(
            self.encoded(picture(number, *self.size), keyframe=self.keyframe_wanted or self.only_keyframes)
        )
        self.keyframe_wanted = False
        return self.made[-1]

    def encoded(self, frame: av.VideoFrame, *, keyframe: bool = False) -> EncodedFrame:
        """One picture, encoded."""
        frame.pict_type = PictureType.I if keyframe else PictureType.NONE
        (packet,) = self._encoder.encode(frame)
        assert packet.pts is not None
        data = bytes(packet)
        return EncodedFrame(
            data, self._codec, packet.is_keyframe, packet.pts, Fraction(1, 90_000), *self.size, Ledger()
        )


def hard_to_compress(number: int, width: int, height: int, quantiser: int) -> bytes:
    """An H.264 keyframe of noise that shows `number`: large, the more so the lower the quantiser."""
    frame = picture(number, width, height)
    plane = frame.planes[0]
    upper = plane.line_size * (width // 40)
    noise = np.random.default_rng(number).integers(0, 256, plane.buffer_size - upper, np.uint8)
    plane.update(bytes(plane)[:upper] + noise.tobytes())
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "yuv420p", frame.time_base
    encoder.options = {"preset": "ultrafast", "qp": str(quantiser), "profile": "baseline", "tune": "zerolatency"}
    (packet,) = encoder.encode(frame)
    return bytes(packet)


def _encoder(codec: str, width: int, height: int) -> Any:
    name, options = {
        "h264": ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "forced-idr": "1"}),
        "vp8": ("libvpx", {"deadline": "realtime", "cpu-used": "-12", "lag-in-frames": "0", "auto-alt-ref": "0"}),
    }[codec]
    encoder: Any = av.CodecContext.create(name, "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.gop_size = Fraction(1, 90_000), Fraction(30), 3000
    encoder.bit_rate, encoder.thread_count, encoder.options = 2_000_000, 1, options
    return encoder


@asynccontextmanager
async def served(
    peer: Client,
    video: MediaStreamTrack | None = None,
    audio: MediaStreamTrack | None = None,
    change: Callable[[str], str] = str,
) -> AsyncIterator[LiveConnection]:
    """Our side of a client's connection, connected; `change` may alter the client's offer before we read it."""
    facts = check_offer(change(await peer.offer()))
    connection = new_connection(IceSettings(addresses=(LOOPBACK,)))
    try:
        await peer.accept(await connection.answer(facts, video, audio))
        yield connection
    finally:
        await connection.close()
