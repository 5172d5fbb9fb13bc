"""RTP's counters, which wrap, as numbers that do not."""

from __future__ import annotations

_LONGEST_PAUSE = 60  # seconds; a longer step is taken for a new source or for garbage


class Unwrapper:
    """A counter of `bits` bits as a number that goes on: each value is taken to lie nearest to the one before it."""

    def __init__(self, bits: int) -> None:
        self._span = 1 << bits
        self._last: int | None = None

    def __call__(self, value: int) -> int:
        """`value` with the wraps that came before it."""
        last = value if self._last is None else self._last
        half = self._span // 2
        self._last = last + (value - last + half) % self._span - half
        return self._last


class RtpClock:
    """RTP timestamps (RFC 3550 section 5.1) as a presentation time that only rises, from 0.

    A step back, none, or one of over a minute comes from a source that began anew or from garbage: the time then goes
    on by `usual` ticks, so that no encoder or muxer behind is given a time it cannot take.
    """

    def __init__(self, rate: int, usual: int) -> None:
        """`rate` is ticks a second, `usual` the ticks between two frames or packets."""
        self._longest = _LONGEST_PAUSE * rate
        self._usual = usual
        self._timestamp: int | None = None
        self._pts = 0

    def __call__(self, timestamp: int) -> int:
        """The time of the next frame or packet, in ticks."""
        if self._timestamp is not None:
            step = (timestamp - self._timestamp) % (1 << 32)
            self._pts += step if 0 < step <= self._longest else self._usual
        self._timestamp = timestamp
        return self._pts
