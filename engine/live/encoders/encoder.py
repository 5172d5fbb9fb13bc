"""A live encoder over FFmpeg's: opened when the first frame tells for what, reopened when that changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import av
from av.error import FFmpegError
from av.video.frame import PictureType

from ...compute import usable_cores
from ...errors import OutputError
from ...frame import UpscaledFrame
from ...media import AnyPacket
from ..encoded import RTP_TIME_BASE, EncodedFrame
from .base import CodecName, Counts
from .intake import Intake
from .keyframes import KeyframeRequests
from .pace import Pace
from .rate import clamped, default_bitrate
from .recipe import Codec, Fit, Recipe, Setup, Shape
from .threads import encoder_threads

Choice = tuple[Sequence[Recipe], str]  # in the order they are tried, and why


class RecipeEncoder:
    """A `LiveEncoder`."""

    def __init__(
        self, codec: CodecName, choose: Callable[[], Choice], bitrate: int | None, threads: int | None
    ) -> None:
        """`choose` is called with the first frame, for it may have to try what this machine has."""
        self.codec: CodecName = codec
        self.counts = Counts()
        self._choose, self._threads = choose, threads
        self._setting = bitrate
        self._recipes: list[Recipe] = []
        self._reason = "no frame yet"
        self._size = (1280, 720)  # until there is a frame
        self._keyframes, self._pace, self._intake = KeyframeRequests(), Pace(), Intake()
        self._codec: Codec | None = None
        self._opened: Setup | None = None  # what the codec was opened for

    @property
    def name(self) -> str:
        """FFmpeg's name of the encoder in use; "" before the first frame."""
        return self._recipes[0].name if self._recipes else ""

    @property
    def reason(self) -> str:
        """Why it is that encoder, for the statistics."""
        return self._reason

    @property
    def default_bitrate(self) -> int:
        """What None stands for: the default for the size and rate of the frames so far."""
        return default_bitrate(*self._size, round(self._pace.fps))

    @property
    def bitrate(self) -> int:
        """Bits a second aimed at. What is set holds from the next frame on, clamped; None: the default."""
        setting = self._setting
        return self.default_bitrate if setting is None else clamped(setting)

    @bitrate.setter
    def bitrate(self, value: int | None) -> None:
        self._setting = value

    def request_keyframe(self) -> None:
        """Make one of the next frames a keyframe: the next, or the first once the last is old enough."""
        self._keyframes.request()

    def encode(self, frame: UpscaledFrame) -> EncodedFrame | None:
        """The frame encoded; None where the codec dropped it. The frame itself is never written to.

        Raises OutputError when the codec fails; the next frame then begins anew, with a keyframe.
        """
        if not self._recipes:
            recipes, self._reason = self._choose()
            self._recipes = list(recipes)
        packet = self._packet(frame)
        if packet is None:
            return None
        self.counts.frames += 1
        self.counts.keyframes += packet.is_keyframe
        if packet.is_keyframe:
            self._keyframes.made(self._pace.elapsed)
        return EncodedFrame(
            bytes(packet), self.codec, packet.is_keyframe, _ticks(frame, frame.pts), RTP_TIME_BASE, *self._size,
            frame.ledger,
        )  # fmt: skip

    def close(self) -> None:
        """Free the codec."""
        self._codec = self._opened = None

    def _packet(self, frame: UpscaledFrame) -> AnyPacket | None:
        picture, colour = self._intake.take(frame, self._recipes[0].carried)
        picture.pts = self._pace.step(_ticks(frame, frame.pts), _ticks(frame, frame.duration))
        picture.time_base = RTP_TIME_BASE
        self._size = picture.width, picture.height
        setup = Setup(Shape(*self._size, colour, frame.sample_aspect_ratio), self.bitrate, self._pace.fps)
        while True:
            try:
                return self._encoded(picture, setup)
            except FFmpegError as error:
                self.close()
                if len(self._recipes) == 1:
                    raise OutputError(
                        f"{self.name} cannot encode {picture.width}x{picture.height}: {error.strerror}",
                        "choose a smaller scale, or the other codec",
                    ) from error
                failed = self._recipes.pop(0)
                self._reason = f"{failed.name} failed: {error.strerror}"

    def _encoded(self, picture: av.VideoFrame, setup: Setup) -> AnyPacket | None:
        codec, keyframe = self._codec_for(setup)
        picture.pict_type = PictureType.I if keyframe else PictureType.NONE
        packets = codec.context.encode(picture)
        return packets[0] if packets else None

    def _codec_for(self, setup: Setup) -> tuple[Codec, bool]:
        """The codec to use, and whether for a keyframe."""
        codec, opened = self._codec, self._opened
        if codec is None or opened is None or opened.shape != setup.shape:
            return self._open(setup), True
        fit = codec.follow(setup)
        if fit is Fit.BROKEN:
            self._keyframes.request()
        if not self._keyframes.due(self._pace.elapsed):
            return codec, False
        return (codec if fit is Fit.GOOD else self._open(setup)), True

    def _open(self, setup: Setup) -> Codec:
        self.counts.reopens += self.counts.frames > 0
        threads = self._threads or encoder_threads(setup.shape.width, setup.shape.height, usable_cores())
        self._codec = codec = self._recipes[0].open(setup, threads)
        self._opened = setup
        return codec


def _ticks(frame: UpscaledFrame, time: int) -> int:
    return round(time * frame.time_base / RTP_TIME_BASE)
