"""How many bits a second: the default for a size and rate, the limits, and what viewers' estimates make of it."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass

LEAST_BITRATE = 150_000  # below, no codec here makes a picture worth its latency
MOST_BITRATE = 60_000_000
_USABLE = 0.9  # of an estimate; the rest is for RTP headers, audio and retransmissions
_GROWTH = 1.08  # a second, as receivers let their own estimates grow (draft-ietf-rmcat-gcc-02 section 5.5)
_FORGOTTEN = 300.0  # seconds after which a limit has grown beyond everything
_WINDOW = 1.0  # seconds over which the rate sent is averaged


def clamped(bitrate: int) -> int:
    """The nearest bitrate that is allowed."""
    return max(LEAST_BITRATE, min(bitrate, MOST_BITRATE))


def default_bitrate(width: int, height: int, fps: float) -> int:
    """Bits a second for frames of `width` x `height` at `fps`: 4 Mb/s for 1280x720 at 30, and by size and rate.

    Detail grows more slowly than the number of pixels, so bits grow with the power 3/4 of pixels a second: 1.4 Mb/s
    for 640x360 at 30, 7.3 for 1920x1080, 20.8 for 3840x2160; twice the rate takes 1.7 times the bits.
    """
    share = width * height * fps / (1280 * 720 * 30)
    return clamped(10_000 * round(400 * share**0.75))


@dataclass
class _Limit:
    """What a viewer's way carries as far as it is known: `bitrate` at the time `since`, growing from then on."""

    bitrate: float = math.inf
    since: float = 0.0

    def at(self, now: float) -> float:
        return self.bitrate * math.pow(_GROWTH, min(now - self.since, _FORGOTTEN))


class RateControl:
    """The bitrate of one encode for all its viewers, from their estimates (REMB: draft-alvestrand-rmcat-remb-03).

    An estimate below what is sent means that the viewer's way is full: its limit falls to 90 % of the estimate at
    once. From there it grows by 8 % a second until the next such estimate. One that is not below says nothing, for
    receivers estimate little more than they get: an easy picture must not be taken for a narrow way.

    The viewer with the highest limit decides. So a single viewer is followed, and a slow one among several spoils
    nothing for the others. Times are seconds of any steady clock.
    """

    def __init__(self) -> None:
        self._limits: dict[Hashable, _Limit] = {}
        self._sent = 0.0  # bits a second
        self._sent_at: float | None = None

    def add(self, viewer: Hashable) -> None:
        """A viewer without a limit so far."""
        self._limits[viewer] = _Limit()

    def remove(self, viewer: Hashable) -> None:
        """Forget a viewer; one that has left already is ignored."""
        self._limits.pop(viewer, None)

    def sent(self, size: int, now: float) -> None:
        """An encoded frame of `size` bytes went out to the viewers."""
        elapsed = 0.0 if self._sent_at is None else now - self._sent_at
        self._sent = self._sent * math.exp(-elapsed / _WINDOW) + 8 * size / _WINDOW
        self._sent_at = now

    def estimate(self, viewer: Hashable, bitrate: int, now: float) -> None:
        """A viewer estimates that its way carries `bitrate` bits a second; one that has left is ignored."""
        limit = self._limits.get(viewer)
        if limit is not None and bitrate < self._sent:
            usable = max(LEAST_BITRATE, _USABLE * bitrate)  # from 0 it would never grow again
            self._limits[viewer] = _Limit(min(limit.at(now), usable), now)

    def bitrate(self, ceiling: int, now: float) -> int:
        """What to encode at: at most `ceiling`, the publisher's setting or the encoder's default."""
        limits = [limit.at(now) for limit in self._limits.values()]
        return clamped(int(min(ceiling, max(limits, default=ceiling))))
