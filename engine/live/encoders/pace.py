"""A stream's pace: how far apart its frames are, and a steady clock for the codec."""

from __future__ import annotations

from ..encoded import RTP_TIME_BASE

TICKS = RTP_TIME_BASE.denominator  # a second
_FRAMES = 30  # averaged over
_PAUSE = TICKS  # a longer interval is no pace: the source stood still, or began anew


class Pace:
    """The mean interval, for that is what a bitrate is spread over; lost frames make it longer."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._known = 0  # intervals, at most _FRAMES
        self._interval = TICKS / 30
        self._time = 0

    @property
    def fps(self) -> float:
        """Frames a second; 30 before there are two frames or the first one's duration."""
        return TICKS / self._interval

    @property
    def time(self) -> int:
        """The codec's time of the last frame, in RTP ticks."""
        return self._time

    def step(self, pts: int, duration: int = 0) -> int:
        """The codec's time of the next frame, in RTP ticks: one mean interval after the last, whatever `pts` does.

        Frames that come in fits and starts make libvpx mistake the rate and overspend by a third. `duration` is the
        frame's own in ticks; 0 where it is not known.
        """
        if self._last is None:
            self._interval = float(duration if 0 < duration <= _PAUSE else self._interval)
        elif 0 < pts - self._last <= _PAUSE:
            self._known = min(self._known + 1, _FRAMES)
            self._interval += (pts - self._last - self._interval) / self._known
        self._last = pts
        self._time += max(1, round(self._interval))
        return self._time
