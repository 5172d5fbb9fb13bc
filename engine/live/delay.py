"""How long sound is held back: as long as the video takes, from a frame's arrival to its departure."""

from __future__ import annotations

import math

LONGEST_DELAY = 2.0  # seconds sound is held back at most
_SMOOTHING = 0.1


class Delay:
    """Follows the frames that were sent. Times are in seconds of any steady clock."""

    def __init__(self, opened: float = -math.inf) -> None:
        """`opened` is when the destination was there; of one that is not yet, `opened` is called later."""
        self.seconds = 0.0  # the video takes now; 0 until the first frame tells
        self._opened = opened

    def opened(self, now: float) -> None:
        """The destination is there now. Frames that came before waited for it, and tell nothing."""
        self._opened = now

    def sent(self, arrived: float, departed: float) -> None:
        """A frame was."""
        if arrived < self._opened:
            return
        took = min(departed - arrived, LONGEST_DELAY)
        self.seconds += _SMOOTHING * (took - self.seconds) if self.seconds else took

    def due(self, now: float, ahead: float = 0.0) -> float:
        """When sound that comes now is to leave, up to `ahead` seconds before the video."""
        return now + max(0.0, self.seconds - ahead)
