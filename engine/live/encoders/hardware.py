"""H.264 by hardware, where this machine has some that works.

An encoder that FFmpeg lists may lack its device or driver, or hold frames back. So each is tried once, with what live
video needs of it: a frame out for every frame in, and a keyframe on request from which a new viewer can begin.
"""

from __future__ import annotations

import logging
from fractions import Fraction
from functools import cache, partial
from typing import NamedTuple

import av
from av.codec import codecs_available
from av.codec.hwaccel import HWAccel
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from ...colour import ColourTags, Matrix, Range
from ...complaints import heard
from ...media import AnyPacket
from ..encoded import RTP_TIME_BASE
from .base import Profile
from .recipe import Fit, Recipe, Setup, Shape, any_colour, fixed_rate_fit, new_context

_TRIAL = Setup(Shape(640, 360, ColourTags(Matrix.SMPTE170M, Range.LIMITED), Fraction(1)), 1_000_000, 30.0)
_FRAMES, _SECOND_KEYFRAME = 4, 2  # of the trial


class Hardware(NamedTuple):
    """One of FFmpeg's hardware encoders."""

    name: str
    options: dict[str, str]  # its words for: lowest delay, constant bitrate, a keyframe on request is an IDR frame
    baseline: str | None = "baseline"  # its word for that profile; None: it has no such option
    device: str | None = None  # the type of device that frames have to be brought to first


HARDWARE = (
    Hardware("h264_nvenc", {"preset": "p3", "tune": "ull", "delay": "0", "rc": "cbr", "forced-idr": "1"}),
    Hardware("h264_qsv", {"preset": "veryfast", "async_depth": "1", "look_ahead": "0", "forced_idr": "1"}),
    Hardware("h264_vaapi", {"async_depth": "1", "rc_mode": "CBR"}, "constrained_baseline", "vaapi"),
    Hardware("h264_v4l2m2m", {}, None),
)


class HardwareCodec:
    """An open hardware encoder. It is never retuned: not all can be, and none tells whether it can."""

    def __init__(self, hardware: Hardware, profile: Profile, setup: Setup, _threads: int) -> None:
        options = hardware.options | {"maxrate": str(setup.bitrate), "bufsize": str(setup.bitrate)}
        if hardware.baseline is not None:
            options["profile"] = hardware.baseline if profile == "baseline" else profile
        device = None if hardware.device is None else HWAccel(hardware.device)
        self._bitrate = setup.bitrate
        self.context = new_context(hardware.name, "nv12", setup, options, device)
        self.context.open()

    def follow(self, wanted: Setup) -> Fit:
        """How far off it is."""
        return fixed_rate_fit(wanted.bitrate / self._bitrate)


@cache
def working_hardware(profile: Profile) -> tuple[Recipe | None, str]:
    """The first hardware encoder that works here, or None, and why it is so. Tried once a process."""
    found = []
    for hardware in HARDWARE:
        recipe = Recipe(hardware.name, any_colour, partial(HardwareCodec, hardware, profile))
        trouble = trouble_with(recipe)
        if trouble is None:
            return recipe, f"{hardware.name} works on this machine"
        found.append(f"{hardware.name}: {trouble}")
    return None, f"no hardware encoder works here ({'; '.join(found)})"


def trouble_with(recipe: Recipe) -> str | None:
    """Why an encoder cannot serve live video on this machine, tried; None where it can."""
    if recipe.name not in codecs_available:
        return "not in this build of FFmpeg"
    with heard(logging.ERROR) as lines:
        try:
            packets = _tried(recipe)
        except (FFmpegError, ValueError) as error:
            return lines[0][2].strip() if lines else str(error)
    if any(packet is None for packet in packets):
        return "it holds frames back"
    keyframes = [packet.is_keyframe for packet in packets if packet is not None]
    if keyframes != [number in {0, _SECOND_KEYFRAME} for number in range(_FRAMES)]:
        return "it makes no keyframes on request, or others too"
    return None if _decodes(packets[_SECOND_KEYFRAME:]) else "nobody can begin at its keyframes"


def _tried(recipe: Recipe) -> list[AnyPacket | None]:
    """What comes out for each of a few frames."""
    codec = recipe.open(_TRIAL, 1)
    packets = []
    for number in range(_FRAMES):
        picture = av.VideoFrame(_TRIAL.shape.width, _TRIAL.shape.height, "yuv420p")
        picture.pts, picture.time_base = 3000 * number, RTP_TIME_BASE
        picture.pict_type = PictureType.I if number == _SECOND_KEYFRAME else PictureType.NONE
        packets.append(next(iter(codec.context.encode(picture)), None))
    return packets


def _decodes(packets: list[AnyPacket | None]) -> bool:
    decoder = VideoCodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    try:
        return sum(len(decoder.decode(packet)) for packet in [*packets, None]) == len(packets)
    except FFmpegError:
        return False
