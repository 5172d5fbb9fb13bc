"""A viewer: reads the numbers drawn in what it gets, and notes when each frame came."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import av
from aiortc import MediaStreamTrack, RTCRtpReceiver
from aiortc.mediastreams import MediaStreamError

from . import frame_id
from .child import Link
from .codecs import Codec
from .glass import WARM_UP, Seen
from .loopback import lose_datagrams
from .peer import bytes_received, new_connection, prefer, session
from .scene import Scene

_FIRST_PICTURE = 30.0  # seconds
_MOST_KEPT = 60  # pictures, to be compared with the original at the end


@dataclass(frozen=True)
class Viewing:
    """What is watched. `tuned` is with our changes to aiortc, `loss` the share of datagrams lost on arrival.

    With `scene`, every `compare`th picture is compared with its original.
    """

    url: str
    codec: Codec
    tuned: bool
    loss: float = 0.0
    scene: Scene | None = None
    compare: int = 15


@dataclass
class View:
    """What a viewer got."""

    seen: list[Seen] = field(default_factory=list)
    size: tuple[int, int] = (0, 0)  # of the last frame
    bitrate: float = 0.0  # bits a second of SRTP, from the first picture on
    psnr: list[float] = field(default_factory=list)  # dB, of the frames that were compared


def view(link: Link, viewing: Viewing) -> View:
    """Watch until told to end. For a process of its own."""
    if viewing.loss:
        lose_datagrams(viewing.loss)
    eye = _Eye(viewing)
    asyncio.run(_view(link, viewing, eye))
    if viewing.scene is not None:
        eye.view.psnr = [viewing.scene.psnr(luma, number) for number, luma in eye.kept]
    return eye.view


async def _view(link: Link, viewing: Viewing, eye: _Eye) -> None:
    """Raises TimeoutError where no picture comes."""
    connection = new_connection(tuned=viewing.tuned)
    transceiver = connection.addTransceiver("video", "recvonly")
    prefer(transceiver, viewing.codec)
    look = eye.follow if viewing.tuned else eye.pull
    async with session(connection, viewing.url), look(transceiver.receiver):
        async with asyncio.timeout(_FIRST_PICTURE):
            await eye.opened.wait()
        before, began = await bytes_received(connection), time.perf_counter()
        link.ready()
        await link.told_to_end()
        after, ended = await bytes_received(connection), time.perf_counter()
    eye.view.bitrate = round(8 * (after - before) / (ended - began))


class _Eye:
    """Looks at each picture, on the event loop."""

    def __init__(self, viewing: Viewing) -> None:
        self._every = viewing.compare if viewing.scene is not None else 0
        self.view = View()
        self.kept: deque[tuple[int, frame_id.Luma]] = deque(maxlen=_MOST_KEPT)  # the newest
        self.opened = asyncio.Event()

    @asynccontextmanager
    async def pull(self, receiver: RTCRtpReceiver) -> AsyncIterator[None]:
        """Take the pictures that plain aiortc has decoded."""
        pulling = asyncio.create_task(self._pull(receiver.track))
        yield
        pulling.cancel()
        with suppress(asyncio.CancelledError):
            await pulling

    @asynccontextmanager
    async def follow(self, receiver: RTCRtpReceiver) -> AsyncIterator[None]:
        """Take the pictures that our receiver decodes in a thread of its own."""
        from ...engine.live.webrtc.incoming import incoming_video  # noqa: PLC0415  plain aiortc stays plain

        loop = asyncio.get_running_loop()

        def came(picture: av.VideoFrame, _: object) -> None:
            loop.call_soon_threadsafe(self._look, picture, time.perf_counter())

        incoming_video(receiver, came)  # type: ignore[arg-type]  # it is ours; it ends with the connection
        yield

    async def _pull(self, track: MediaStreamTrack) -> None:
        with suppress(MediaStreamError):  # the server has ended the stream
            while True:
                picture = await track.recv()
                assert isinstance(picture, av.VideoFrame)
                self._look(picture, time.perf_counter())

    def _look(self, picture: av.VideoFrame, at: float) -> None:
        number = frame_id.read_picture(picture)
        self.opened.set()
        self.view.seen.append(Seen(number, at))
        self.view.size = (picture.width, picture.height)
        settled = at > self.view.seen[0].at + WARM_UP
        if number is not None and settled and self._every and len(self.view.seen) % self._every == 0:
            self.kept.append((number, frame_id.luma_of(picture).copy()))
