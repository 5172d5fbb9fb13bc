"""Which pts a frame gets.

The rule, in full:

1. A frame keeps the pts its file gives it. Frames stay in the decoder's order, which is the order they are
   shown in.
2. Where a file's timestamps do not come in order although its frames do (the pts are decoding times: seen in
   its first frames), the n-th frame shown gets the n-th smallest of the timestamps.
3. A frame without pts, or with one that does not come after its predecessor's, follows its predecessor by
   that one's duration, or by one frame interval where the duration is unknown. The first gets 0.

In the output, a pts is the same moment rounded to the output's time base (to nearest, ties away from zero).
"""

from __future__ import annotations

import heapq
from fractions import Fraction


class Timestamps:
    """Gives each frame of one stream its pts, in the stream's time base."""

    def __init__(self, rate: Fraction, time_base: Fraction, *, in_order: bool) -> None:
        self._interval = max(1, round(1 / (rate * time_base)))
        self._waiting: list[int] | None = None if in_order else []
        self._previous: int | None = None
        self._step = self._interval
        self.made_up = 0  # frames whose pts came from rule 3

    def sent(self, pts: int | None) -> None:
        """A packet with this pts goes to the decoder."""
        if self._waiting is not None and pts is not None:
            heapq.heappush(self._waiting, pts)

    def lost(self, pts: int | None) -> None:
        """The decoder refused that packet: no frame of it will come."""
        if self._waiting is not None and pts in self._waiting:
            self._waiting.remove(pts)
            heapq.heapify(self._waiting)

    def pts_of(self, pts: int | None, duration: int) -> int:
        """The pts of the next frame, given what the decoder says of it (`duration` 0 is unknown)."""
        if self._waiting:
            pts = heapq.heappop(self._waiting)
        if pts is None or (self._previous is not None and pts <= self._previous):
            self.made_up += 1
            pts = 0 if self._previous is None else self._previous + self._step
        self._previous, self._step = pts, duration or self._interval
        return pts
