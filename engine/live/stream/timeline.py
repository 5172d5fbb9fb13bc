"""One clock for all connections to a source, which only runs forward.

The rule, in full; times are decoding times, each track's own:

1. A file's timestamps are kept. The clock of a live source has no zero of its own: its first packet becomes 0, and
   whatever comes out negative is left out.
2. Within a connection a track goes on from -1 s to +10 s after its packet before (longer after a pause as long):
   gaps and small steps back are kept. Beyond that its clock was set anew: it continues where its packet before ended.
3. After a new connection the source's clock is believed where it has gone on, by what our clock says of the time away,
   give or take a second. Where it has not, it began anew: it continues after the time away.
4. All tracks are moved by the same, so that they stay in time with each other. A track whose clock is set anew first
   tries what another was moved by.
"""

from __future__ import annotations

from fractions import Fraction

BACK = Fraction(1)  # seconds a track may step back
AHEAD = Fraction(10)  # seconds it may leave out
BELIEVED = Fraction(1)  # seconds between the source's clock and ours after the time away


class Timeline:
    """What to add to a packet's timestamps. One thread; times are in seconds, `now` of any steady clock."""

    def __init__(self, *, from_zero: bool) -> None:
        self.restarts = 0  # how often the source's clock was set anew
        self._latest = Fraction(0)  # the newest of all tracks' offsets
        self._offsets: dict[int, Fraction] = {}
        self._ends: dict[int, Fraction] = {}  # of each track's last packet, on our clock
        self._seen: dict[int, float] = {}  # when that came
        self._begins = from_zero
        self._away: Fraction | None = None  # set until the first packet of a later connection

    def connected(self, away: float) -> None:
        """A later connection begins, `away` seconds after the last packet of the one before."""
        self._away = Fraction(away).limit_denominator(1000)
        self._offsets.clear()

    def offset(self, track: int, time: Fraction, duration: Fraction, now: float) -> Fraction:
        """What to add to the timestamps of this packet of `track`, decoded at `time`."""
        if self._begins:
            self._begins, self._latest = False, -time
        if self._away is not None:
            self._begin_again(time, self._away)
        offset = self._offsets.get(track, self._latest)
        if not self._follows(track, time + offset, now):
            if not self._follows(track, time + self._latest, now):
                self._latest = self._ends[track] - time
                self.restarts += 1
            offset = self._latest
        self._offsets[track], self._seen[track] = offset, now
        self._ends[track] = time + offset + duration
        return offset

    def _begin_again(self, time: Fraction, away: Fraction) -> None:
        self._away = None
        placed = time + self._latest
        end = max(self._ends.values(), default=placed)
        if placed < end or abs(placed - end - away) > BELIEVED:
            self._latest = end + away - time
            self.restarts += 1
        self._ends.clear()

    def _follows(self, track: int, time: Fraction, now: float) -> bool:
        if track not in self._ends:
            return True
        return -BACK <= time - self._ends[track] <= AHEAD + Fraction(now - self._seen[track])
