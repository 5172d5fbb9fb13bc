"""A publisher: sends the scene at its rate, each frame with its number drawn in it, and notes when it made each."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import av
from aiortc import MediaStreamTrack
from av.packet import Packet

from .child import Link
from .codecs import Codec
from .frames import upscaled_frame
from .peer import new_connection, prefer, session
from .scene import RATE, Scene

if TYPE_CHECKING:
    from ...engine.live.encoders import LiveEncoder


@dataclass(frozen=True)
class Publishing:
    """What is published where. `tuned` is with our changes to aiortc and our encoder, otherwise plain aiortc."""

    scene: Scene
    url: str
    codec: Codec
    tuned: bool
    bitrate: int | None = None  # of the tuned publisher, bits a second; None: our encoder's default


@dataclass(frozen=True)
class Sent:
    """What a publisher did. Times in seconds of `time.perf_counter`."""

    made: dict[int, float] = field(default_factory=dict)  # by frame number
    late_ms: list[float] = field(default_factory=list)  # how much after its due time each was made: a busy machine


def publish(link: Link, publishing: Publishing) -> Sent:
    """Publish until told to end. For a process of its own."""
    sent = Sent()
    camera = Camera(publishing.scene, sent)
    if not publishing.tuned:
        asyncio.run(_publish(link, publishing, camera))
        return sent
    from ...engine.live.encoders import open_encoder  # noqa: PLC0415  plain aiortc stays plain

    with closing(open_encoder(publishing.codec, bitrate=publishing.bitrate, hardware=False)) as encoder:
        asyncio.run(_publish(link, publishing, EncodedCamera(camera, encoder)))
    return sent


async def _publish(link: Link, publishing: Publishing, track: Camera | EncodedCamera) -> None:
    connection = new_connection(tuned=publishing.tuned)
    prefer(connection.addTransceiver(track, "sendonly"), publishing.codec)
    if isinstance(track, EncodedCamera):
        sender = connection.getSenders()[0]
        sender.on_keyframe_wanted = track.encoder.request_keyframe  # type: ignore[attr-defined]  # our sender's
    async with session(connection, publishing.url):
        link.ready()
        await link.told_to_end()


class Camera(MediaStreamTrack):
    """Frames at their due times, as a camera gives them: whoever asks late gets the newest, not the next."""

    kind = "video"

    def __init__(self, scene: Scene, sent: Sent) -> None:
        super().__init__()
        self._scene, self._sent = scene, sent
        self._began: float | None = None
        self._next = 0

    async def recv(self) -> av.VideoFrame:
        """The next frame, when it is due."""
        now = time.perf_counter()
        self._began = self._began or now
        number = max(self._next, int((now - self._began) * RATE))
        due = self._began + number / RATE
        await asyncio.sleep(due - now)
        made = time.perf_counter()
        self._next = number + 1
        self._sent.made[number] = made
        self._sent.late_ms.append(1000 * (made - due))
        return self._scene.picture(number)


class EncodedCamera(MediaStreamTrack):
    """The camera's frames, encoded by our encoder instead of aiortc's."""

    kind = "video"

    def __init__(self, camera: Camera, encoder: LiveEncoder) -> None:
        super().__init__()
        self._camera = camera
        self.encoder = encoder

    async def recv(self) -> Packet[Any]:
        """The next frame that the encoder gives."""
        while True:
            picture = await self._camera.recv()
            encoded = await asyncio.to_thread(self.encoder.encode, upscaled_frame(picture))
            if encoded is not None:
                packet = Packet(encoded.data)
                packet.pts, packet.time_base = encoded.pts, encoded.time_base
                return packet
