"""H.264 by x264."""

from __future__ import annotations

from functools import partial

from ...colour import Siting
from .base import Profile
from .levels import level_for
from .recipe import Fit, Recipe, Setup, any_colour, new_context

_BUFFER = 0.5  # seconds of the bitrate that one frame may take at most
_HEADROOM = 4  # times the bitrate that an open codec can be retuned to
_NOTICEABLE = 0.03  # smaller changes of the bitrate are not worth a call


class X264:
    """libx264, preset superfast: on one core 1080p takes it a third of the interval at 30 frames a second."""

    def __init__(self, profile: Profile, setup: Setup, threads: int) -> None:
        """PyAV can set `bit_rate` of an open codec, but not the largest rate, beyond which x264 does not go.

        So it is opened at the end of its headroom, at a constant bitrate, which x264 keeps constant when retuned.
        """
        self._profile, self._setup = profile, setup
        self._most = _HEADROOM * setup.bitrate
        options = {
            "preset": "superfast",
            "tune": "zerolatency",
            "profile": profile,
            "level": self._level(setup),
            "maxrate": str(self._most),
            "bufsize": str(round(_BUFFER * setup.bitrate)),
            "forced-idr": "1",
            "x264-params": "scenecut=0",
        }
        if setup.shape.colour.siting is not Siting.UNSPECIFIED:
            options["chroma_sample_location"] = setup.shape.colour.siting.value
        self.context = new_context("libx264", "yuv420p", setup, options)
        self.context.bit_rate, self.context.thread_count = self._most, threads
        self.context.open()
        self.context.bit_rate = setup.bitrate

    def follow(self, wanted: Setup) -> Fit:
        """Without a keyframe. x264 counts frames, not time: another pace than it was opened for is made up for."""
        rate = min(round(wanted.frame_bits * self._setup.fps), self._most)
        if abs(rate - (self.context.bit_rate or 0)) > _NOTICEABLE * rate:
            self.context.bit_rate = rate
        if wanted.bitrate > self._most:
            return Fit.BROKEN
        near = 0.5 <= rate / self._setup.bitrate <= 2  # else the buffer is too long or too short
        return Fit.GOOD if near and self._level(wanted) == self._level(self._setup) else Fit.LOOSE

    def _level(self, setup: Setup) -> str:
        return level_for(setup.shape.width, setup.shape.height, round(setup.fps), setup.bitrate, self._profile)


def x264(profile: Profile) -> Recipe:
    """The recipe for one of the profiles that peers negotiate."""
    return Recipe("libx264", any_colour, partial(X264, profile))
