"""VP8 by libvpx."""

from __future__ import annotations

from dataclasses import replace

from ...colour import ColourTags, Matrix, Range
from .recipe import NEVER, Fit, Recipe, Setup, fixed_rate_fit, new_context

_KEYFRAME = 0.25  # seconds of the bitrate that a keyframe may take
_BT601 = (Matrix.BT470BG, Matrix.SMPTE170M)  # the same matrix, from two standards


class Vp8:
    """libvpx in its realtime mode, without its noise filter, which takes up to 6 dB of detail.

    Speed -6 is the last before its cost jumps; against -12 it takes a third more time and gives up to 2 dB.
    """

    def __init__(self, setup: Setup, threads: int) -> None:
        """A constant bitrate over a buffer of a second; one interval for all keyframes switches its own choice off."""
        self._bitrate = setup.bitrate
        rate = str(setup.bitrate)
        options = {
            "deadline": "realtime",
            "cpu-used": "-6",
            "lag-in-frames": "0",
            "noise-sensitivity": "0",
            "static-thresh": "1",
            "minrate": rate,
            "maxrate": rate,
            "bufsize": rate,
            "undershoot-pct": "100",
            "overshoot-pct": "15",
            "keyint_min": str(NEVER),
            "max-intra-rate": str(round(100 * _KEYFRAME * setup.fps)),
        }
        self.context = new_context("libvpx", "yuv420p", setup, options)
        self.context.qmin, self.context.qmax, self.context.thread_count = 2, 56, threads
        self.context.open()

    def follow(self, wanted: Setup) -> Fit:
        """How far off it is: FFmpeg cannot retune it."""
        return fixed_rate_fit(wanted.bitrate / self._bitrate)


def bt601(colour: ColourTags) -> ColourTags:
    """BT.601 of limited range: VP8 has no other (RFC 6386 section 9.2), and players show it so."""
    matrix = colour.matrix if colour.matrix in _BT601 else Matrix.SMPTE170M
    return replace(colour, matrix=matrix, range=Range.LIMITED)


VP8 = Recipe("libvpx", bt601, Vp8)
