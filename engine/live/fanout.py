"""One encoded stream, many viewers: each has a seat, and what one of them does no other notices."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from .encoded import EncodedFrame
from .slot import Closed

SEAT_FRAMES = 30  # a second at 30 frames a second


class Seat:
    """A viewer's frames: from a keyframe on, and none missing until another keyframe."""

    def __init__(self, request_keyframe: Callable[[], None], frames: int) -> None:
        self._request_keyframe, self._frames = request_keyframe, frames
        self._waiting: deque[EncodedFrame] = deque()
        self._changed = asyncio.Event()
        self._needs_keyframe = True
        self._closed = False
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many frames this viewer was not given."""
        return self._dropped

    async def next(self) -> EncodedFrame:
        """The next frame to send. Raises Closed once the seat is removed, whatever still waited.

        Only here is a keyframe asked for, by a viewer that has sent all it had: one that stands still gets none, for
        each costs the others quality.
        """
        while not self._waiting and not self._closed:
            if self._needs_keyframe:
                self._request_keyframe()
            self._changed.clear()
            await self._changed.wait()
        if self._closed:
            raise Closed
        return self._waiting.popleft()

    def put(self, frame: EncodedFrame) -> None:
        """Take `frame` or drop it: a full seat takes nothing but a keyframe, which replaces what it still holds."""
        if frame.keyframe and (self._needs_keyframe or self._is_full):
            self._dropped += len(self._waiting)
            self._waiting.clear()
            self._needs_keyframe = False
        if self._needs_keyframe or self._is_full:
            self._needs_keyframe = True
            self._dropped += 1
            return
        self._waiting.append(frame)
        self._changed.set()

    def close(self) -> None:
        """Wake whoever waits, with Closed."""
        self._closed = True
        self._waiting.clear()
        self._changed.set()

    @property
    def _is_full(self) -> bool:
        return len(self._waiting) >= self._frames


class Fanout:
    """Hands every encoded frame to all seats. For one event loop; nothing here waits."""

    def __init__(self, request_keyframe: Callable[[], None], frames: int = SEAT_FRAMES) -> None:
        """`request_keyframe` asks the encoder, once until a keyframe comes. A seat holds at most `frames`."""
        self._request_keyframe, self._frames = request_keyframe, frames
        self._seats: set[Seat] = set()
        self._asked = False

    @property
    def viewers(self) -> int:
        """How many seats there are."""
        return len(self._seats)

    def add(self) -> Seat:
        """A seat for a new viewer; it begins with a keyframe, which is asked for at once."""
        seat = Seat(self._ask, self._frames)
        self._seats.add(seat)
        self._ask()
        return seat

    def remove(self, seat: Seat) -> None:
        """End the seat: whoever waits at it gets Closed."""
        self._seats.discard(seat)
        seat.close()

    def send(self, frame: EncodedFrame) -> None:
        """Give `frame` to every seat that can use it."""
        if frame.keyframe:
            self._asked = False
        for seat in self._seats:
            seat.put(frame)

    def close(self) -> None:
        """End all seats."""
        for seat in tuple(self._seats):
            self.remove(seat)

    def _ask(self) -> None:
        if not self._asked:
            self._asked = True
            self._request_keyframe()
