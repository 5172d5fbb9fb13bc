"""What a live encoder does, whichever library is behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from ...frame import UpscaledFrame
from ..encoded import EncodedFrame

CodecName = Literal["h264", "vp8"]
Profile = Literal["baseline", "high"]


@dataclass
class Counts:
    """What an encoder did since it was made."""

    frames: int = 0
    keyframes: int = 0
    reopens: int = 0  # of the codec after its first opening; each costs a keyframe


class LiveEncoder(Protocol):
    """Turns frames into what viewers decode, one in, one out.

    `encode` and `close` belong to one thread; everything else may be called from any.
    """

    codec: CodecName
    counts: Counts

    @property
    def name(self) -> str:
        """FFmpeg's name of the encoder in use; "" before the first frame."""

    @property
    def reason(self) -> str:
        """Why it is that encoder, for the statistics."""

    @property
    def bitrate(self) -> int:
        """Bits a second aimed at. What is set holds from the next frame on, clamped; None: the default."""

    @bitrate.setter
    def bitrate(self, value: int | None) -> None: ...

    @property
    def default_bitrate(self) -> int:
        """What None stands for: the default for the size and rate of the frames so far."""

    def encode(self, frame: UpscaledFrame) -> EncodedFrame | None:
        """The frame encoded; None where the codec dropped it. The frame itself is never written to.

        Raises OutputError when the codec fails; the next frame then begins anew, with a keyframe.
        """

    def request_keyframe(self) -> None:
        """Make one of the next frames a keyframe: the next, or the first once the last is old enough."""

    def close(self) -> None:
        """Free the codec."""
