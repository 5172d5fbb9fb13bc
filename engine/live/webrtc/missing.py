"""Which packets to ask for again, and when (negative acknowledgements, RFC 4585 section 6.2.1)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from .rtp_clock import Unwrapper

AGAIN = 0.04  # seconds; a request or its answer may be lost too
TIMES = 7  # by then the frame buffer has given the packet up
MOST = 1024  # packets waited for at once; a larger gap is not a loss but a break
A_MESSAGE = 256  # packets asked for in one go: it fits one datagram however they lie


@dataclass
class _Request:
    due: float
    asked: int = 0


class MissingPackets:
    """The gaps of one RTP stream."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self.forget()

    def forget(self) -> None:
        """Begin anew, with another source."""
        self._unwrap = Unwrapper(16)
        self._newest: int | None = None
        self._requests: dict[int, _Request] = {}

    @property
    def waiting(self) -> bool:
        """Whether anything is still asked for."""
        return bool(self._requests)

    def received(self, sequence: int) -> None:
        """Packet `sequence` (16 bits) is here; what lies between it and the newest before it is not."""
        number = self._unwrap(sequence)
        newest = number - 1 if self._newest is None else self._newest
        self._requests.pop(number, None)
        if number - newest > MOST:
            self._requests.clear()
        elif number > newest:
            now = self._clock()
            self._requests.update({lost: _Request(now) for lost in range(newest + 1, number)})
        self._newest = max(number, newest)

    def due(self) -> list[int]:
        """The packets to ask for now (16 bits each). Each is due again after 40 ms, seven times at most."""
        now = self._clock()
        asked = []
        for number, request in sorted(self._requests.items())[:A_MESSAGE]:
            if request.due <= now:
                asked.append(number & 0xFFFF)
                request.due, request.asked = now + AGAIN, request.asked + 1
            if request.asked >= TIMES or self._newest is None or number < self._newest - MOST:
                del self._requests[number]
        return asked
