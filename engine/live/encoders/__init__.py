"""Encoders for live video: one frame in, one frame out, at a bitrate that may change at any time."""

from __future__ import annotations

from functools import partial

from .base import CodecName, Counts, LiveEncoder, Profile
from .encoder import Choice, RecipeEncoder
from .h264 import x264
from .hardware import working_hardware
from .rate import LEAST_BITRATE, MOST_BITRATE, RateControl, default_bitrate
from .vp8 import VP8

__all__ = [
    "LEAST_BITRATE", "MOST_BITRATE", "CodecName", "Counts", "LiveEncoder", "Profile", "RateControl",
    "default_bitrate", "open_encoder",
]  # fmt: skip


def open_encoder(
    codec: CodecName,
    *,
    profile: Profile = "baseline",
    bitrate: int | None = None,
    threads: int | None = 1,
    hardware: bool = True,
) -> LiveEncoder:
    """An encoder for whatever frames come; it opens with the first.

    `profile` is H.264's. `bitrate` is in bits a second, None the default for the frames' size and rate. With `hardware`
    a hardware encoder is used where one works on this machine. `threads` None: by the frames' size and the cores here.
    """
    choose = partial(_h264, profile, hardware) if codec == "h264" else _vp8
    return RecipeEncoder(codec, choose, bitrate, threads)


def _h264(profile: Profile, hardware: bool) -> Choice:
    software = x264(profile)
    if not hardware:
        return [software], "software was asked for"
    found, reason = working_hardware(profile)
    return ([software] if found is None else [found, software]), reason


def _vp8() -> Choice:
    return [VP8], "the only VP8 encoder here"
