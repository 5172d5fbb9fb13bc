"""Requests for keyframes, merged and spaced: many viewers ask, and a keyframe costs many times another frame."""

from __future__ import annotations

from .pace import TICKS

GAP = TICKS // 2  # from one keyframe to the next; a new viewer waits no longer


class KeyframeRequests:
    """Remembers that a keyframe is wanted until one is made. Times are the stream's, in RTP ticks.

    `request` may be called from any thread.
    """

    def __init__(self, gap: int = GAP) -> None:
        self._gap = gap
        self._wanted = False
        self._last: int | None = None

    def request(self) -> None:
        """Want a keyframe; wanting twice is wanting once."""
        self._wanted = True

    def due(self, now: int) -> bool:
        """Whether one is wanted and the last was made at least the gap before `now`."""
        return self._wanted and (self._last is None or now - self._last >= self._gap)

    def made(self, now: int) -> None:
        """A keyframe was made, for whatever reason: it serves everybody who asked."""
        self._wanted = False
        self._last = now
