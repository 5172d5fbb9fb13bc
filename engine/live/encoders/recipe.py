"""What differs from codec to codec: how it is opened, and how it follows a bitrate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from fractions import Fraction
from typing import Protocol

from av.codec.hwaccel import HWAccel
from av.video.codeccontext import VideoCodecContext

from ...colour import ColourTags
from ..encoded import RTP_TIME_BASE

NEVER = 1_000_000  # frames to the next keyframe that nobody asked for
Carried = Callable[[ColourTags], ColourTags]  # the colour in which a stream of this colour is encoded


@dataclass(frozen=True)
class Shape:
    """What cannot change while a codec is open."""

    width: int
    height: int
    colour: ColourTags
    sample_aspect_ratio: Fraction


@dataclass(frozen=True)
class Setup:
    """What a codec is to make."""

    shape: Shape
    bitrate: int  # bits a second
    fps: float

    @property
    def frame_bits(self) -> float:
        """Bits a frame."""
        return self.bitrate / self.fps


class Fit(Enum):
    """How well an open codec serves a setup that changed since."""

    GOOD = auto()
    LOOSE = auto()  # a new one would do better, where a keyframe is due anyway
    BROKEN = auto()  # a new one is worth a keyframe


class Codec(Protocol):
    """An open codec: no B-frames, nothing held back, keyframes on request only."""

    context: VideoCodecContext

    def follow(self, wanted: Setup) -> Fit:
        """Go after a bitrate and pace as far as an open codec can."""


@dataclass(frozen=True)
class Recipe:
    """One of FFmpeg's encoders."""

    name: str
    carried: Carried
    open: Callable[[Setup, int], Codec]  # with so many threads; raises FFmpegError


def any_colour(colour: ColourTags) -> ColourTags:
    """H.264's: the video usability information (ITU-T H.264 annex E) tells the decoder."""
    return colour


def fixed_rate_fit(ratio: float) -> Fit:
    """The fit of a codec that cannot be retuned; `ratio` is the bitrate wanted over the one it was opened for.

    Down sooner than up: too many bits are lost on the way, too few are only less sharp.
    """
    if not 0.8 <= ratio <= 1.6:
        return Fit.BROKEN
    return Fit.GOOD if 0.95 <= ratio <= 1.05 else Fit.LOOSE


def new_context(
    name: str, pix_fmt: str, setup: Setup, options: Mapping[str, str], device: HWAccel | None = None
) -> VideoCodecContext:
    """A codec context, not open yet, with what every encoder needs to be told. Raises FFmpegError."""
    shape = setup.shape
    context = VideoCodecContext.create(name, "w", device)
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = shape.width, shape.height, pix_fmt
    context.sample_aspect_ratio = shape.sample_aspect_ratio.limit_denominator(65_535)
    context.colorspace, context.color_range = int(shape.colour.matrix), int(shape.colour.range)
    context.color_primaries, context.color_trc = shape.colour.primaries, shape.colour.transfer
    context.time_base, context.framerate = RTP_TIME_BASE, Fraction(round(1000 * setup.fps), 1000)
    context.bit_rate, context.gop_size, context.max_b_frames = setup.bitrate, NEVER, 0
    context.options = dict(options)
    return context
