"""A stream's pace: how far apart its frames are, and a steady clock for the codec."""

from __future__ import annotations

from ..encoded import RTP_TIME_BASE

TICKS = RTP_TIME_BASE.denominator  # a second
_FRAMES = 30  # averaged over
_SHORTEST, _LONGEST = TICKS // 240, TICKS  # an interval that counts: what is shorter is no pace, what is longer a pause


class Pace:
    """The mean interval, for that is what a bitrate is spread over; lost frames make it longer."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._known = 0  # intervals, at most _FRAMES
        self._interval = TICKS / 30
        self._time = self._elapsed = 0

    @property
    def fps(self) -> float:
        """Frames a second, 1 to 240; 30 before there are two frames or the first one's duration."""
        return TICKS / self._interval

    @property
    def elapsed(self) -> int:
        """The stream's own time up to the last frame, in RTP ticks; it rises also where `pts` does not."""
        return self._elapsed

    def step(self, pts: int, duration: int = 0) -> int:
        """The codec's time of the next frame, in RTP ticks: one mean interval after the last, whatever `pts` does.

        Frames that come in fits and starts make libvpx mistake the rate and overspend by a third. `duration` is the
        frame's own in ticks; 0 where it is not known.
        """
        passed = 0 if self._last is None else pts - self._last
        if passed > 0:
            self._known = min(self._known + 1, _FRAMES)
            self._interval += (_counted(passed) - self._interval) / self._known
        elif self._last is None and duration > 0:
            self._interval = _counted(duration)
        self._last = pts
        self._elapsed += max(passed, _SHORTEST)
        self._time += round(self._interval)
        return self._time


def _counted(interval: int) -> float:
    return float(min(max(interval, _SHORTEST), _LONGEST))
