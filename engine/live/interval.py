"""How far apart a stream's frames are, measured."""

from __future__ import annotations

from collections import deque
from statistics import median

FRAMES = 31  # looked back: half a second to a second
LEAST, MOST = 1 / 240, 1 / 4  # seconds; slower than that, a stream is a slide show and still wants its frames soon
UNKNOWN = 1 / 30


class FrameInterval:
    """The median of the last intervals, so that a lost frame or a jump of the clock does not move it."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._intervals: deque[float] = deque(maxlen=FRAMES)
        self._seconds = UNKNOWN

    @property
    def seconds(self) -> float:
        """1/240 to 1/4; 1/30 before there are two frames."""
        return self._seconds

    def add(self, time: float) -> None:
        """A frame of this time, in seconds of the source's clock."""
        last, self._last = self._last, time
        if last is not None and time > last:
            self._intervals.append(time - last)
            self._seconds = min(max(median(self._intervals), LEAST), MOST)
