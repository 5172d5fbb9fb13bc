"""The deadline: which rung the next frame may take, from how long the last ones stayed.

95 of 100 frames are to be on time. Each that stayed longer than the budget, or was dropped, adds 1 to a score; each on
time takes 1/19 away; at 5 the rung is left. So five late frames in a row are enough, and so are 6 of 100 for long, but
not the one now and then that is the machine's noise. The next better rung is tried when the last 30 frames stayed well
below the budget, after a time of patience, which doubles whenever the rung does not hold. Pure: callers have the clock.

Rungs differ in the upscaler's time only, so they answer for nothing else: not for frames that wait for an encoder or
are dropped before it, nor for an encoder that is beyond the budget by itself.
"""

from __future__ import annotations

import math
from collections import deque

from .interval import FrameInterval

TOO_LATE = 5.0  # the score at which a rung is left
ON_TIME = 0.05 / 0.95  # what a frame on time takes away: 1 late in 20 leaves the score where it is
FRAMES = 30  # looked back before a better rung is tried
MARGIN = 0.75  # of the budget: what all of them but one may take then
PATIENCE, MOST_PATIENCE = 2.0, 64.0  # seconds between the tries of a rung
HELD = 30.0  # seconds after which a rung counts as held
PRICE = 100.0  # a frame that stayed a second too long may happen again after so many: tries cost 1 % of the time


class Deadline:
    """Of one stream; rung 0 is the best. Times are seconds of any clock that does not jump."""

    def __init__(self, budget: float | None, now: float) -> None:
        """`budget` is how long a frame may stay; None is the interval between frames."""
        self.wanted = budget
        self.interval = FrameInterval()
        self._rung, self._rungs = 0, 1
        self._patience = [PATIENCE]
        self._since = now  # when the rung was taken
        self._began: float | None = None  # when the first frame of it had its turn
        self._measured: int | None = None  # the rung that `_stays` are of
        self._score = 0.0
        self._stays: deque[float] = deque(maxlen=FRAMES)

    @property
    def budget(self) -> float:
        """How long a frame may stay."""
        return self.interval.seconds if self.wanted is None else self.wanted

    @property
    def rung(self) -> int:
        """The best that frames may take."""
        return self._rung

    def take(self, now: float) -> int:
        """The best rung for the frame whose turn it is now."""
        if self._began is None:
            self._began = now
        return self._rung

    def stayed(self, rung: int, upscaled: float, now: float, encode: float = 0.0) -> None:
        """A frame that `rung` made was ready at `now`, `upscaled` seconds after it came; encoding it took `encode`."""
        seconds = upscaled + (encode if encode <= self.budget else 0.0)
        if rung < self._rung:  # it was on its way when the rung was left
            if self._patience[rung] > PATIENCE:  # as one that does not hold
                self._patience[rung] = max(self._patience[rung], PRICE * seconds)
        elif self._counts(now - upscaled):
            if rung != self._measured:
                self._measured = rung
                self._forget()
            self._add(seconds, now)

    def dropped(self, waited: float, now: float) -> None:
        """A frame was replaced by a newer one after it `waited` for the upscaler.

        Those that wait much less than an interval came in a burst; no rung would have been fast enough for them.
        """
        if self._counts(now - waited) and waited > self.interval.seconds / 2:
            self._add(math.inf, now)

    def restart(self, now: float, rungs: int | None = None) -> None:
        """The frames are others from now on, or there are other `rungs`: what was measured does not hold."""
        if rungs is not None:
            self._rung, self._rungs = 0, rungs
        self._patience = [PATIENCE] * self._rungs
        self._take(self._rung, now)

    def _counts(self, came: float) -> bool:
        """Whether a frame that came then has waited for frames of this rung only."""
        return self._began is not None and came >= self._began

    def _add(self, seconds: float, now: float) -> None:
        self._stays.append(seconds)
        self._score = self._score + 1 if seconds > self.budget else max(0.0, self._score - ON_TIME)
        better = self._rung - 1
        if self._score >= TOO_LATE:
            self._step_down(now)
        elif better >= 0 and now - self._since >= self._patience[better] and self._calm():
            self._take(better, now)

    def _calm(self) -> bool:
        return len(self._stays) == FRAMES and sorted(self._stays)[-2] <= MARGIN * self.budget

    def _step_down(self, now: float) -> None:
        left = max(self._rung, self._measured or 0)  # while a rung is being opened, lighter ones serve
        self._forget()
        if left == self._rungs - 1:
            return
        held = now - self._since >= HELD
        self._patience[left] = PATIENCE if held else min(2 * self._patience[left], MOST_PATIENCE)
        self._take(left + 1, now)

    def _take(self, rung: int, now: float) -> None:
        self._rung, self._since = rung, now
        self._began = self._measured = None
        self._forget()

    def _forget(self) -> None:
        self._score = 0.0
        self._stays.clear()
