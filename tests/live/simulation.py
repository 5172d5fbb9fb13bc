"""A live stream without threads and without a clock: an upscaler, an encoder, a slot before each, and the deadline."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from framelift.engine.live.deadline import Deadline


@dataclass
class Frame:
    came: float
    put: float = 0.0  # when it was handed to the stage it waits for
    rung: int = 0
    upscaled: float = 0.0
    encoding: float = 0.0  # when its encoder began


@dataclass
class Server:
    """Works on one frame at a time; the newest other one waits."""

    busy: bool = False
    waiting: Frame | None = None


@dataclass
class Stream:
    """What there is, and, after `run`, what became of the frames. Times in seconds."""

    costs: Sequence[float]  # of the upscaler, by rung
    encode: float
    interval: float
    load: Callable[[float], float] = lambda _: 1.0  # factor on every cost, by time
    budget: float | None = None
    done: list[tuple[float, float, int]] = field(default_factory=list)  # (came, stayed, rung)
    drops: list[float] = field(default_factory=list)  # when, before the upscaler
    unencoded: int = 0  # dropped before the encoder
    rungs: list[tuple[float, int]] = field(default_factory=lambda: [(0.0, 0)])  # each change

    def run(self, seconds: float) -> Stream:
        """Let frames come for so long, and all events happen."""
        self._deadline = Deadline(self.budget, 0.0)
        self._deadline.restart(0.0, len(self.costs))
        self._upscaler, self._encoder = Server(), Server()
        self._events: list[tuple[float, int, Callable[[float, Frame], None], Frame]] = []
        for number in range(int(seconds / self.interval)):
            self._later(number * self.interval, self._came, Frame(number * self.interval))
        while self._events:
            now, _, happen, frame = heapq.heappop(self._events)
            happen(now, frame)
            if self._deadline.rung != self.rungs[-1][1]:
                self.rungs.append((now, self._deadline.rung))
        return self

    def made_by(self, rung: int, since: float) -> float:
        """The share of a rung in the frames that came after `since`."""
        later = [made for came, _, made in self.done if came >= since]
        return later.count(rung) / len(later)

    def late(self, since: float) -> float:
        """The share of the frames that stayed too long, or were dropped, after `since`."""
        budget = self.budget or self.interval
        stays = [stayed for came, stayed, _ in self.done if came >= since]
        dropped = sum(when >= since for when in self.drops)
        return (sum(stayed > budget * 1.001 for stayed in stays) + dropped) / (len(stays) + dropped)

    def _later(self, when: float, happen: Callable[[float, Frame], None], frame: Frame) -> None:
        self._number = getattr(self, "_number", 0) + 1  # orders what happens at the same time
        heapq.heappush(self._events, (when, self._number, happen, frame))

    def _came(self, now: float, frame: Frame) -> None:
        self._deadline.interval.add(frame.came)
        self._offer(self._upscaler, now, frame)

    def _upscaled(self, now: float, frame: Frame) -> None:
        frame.upscaled = now
        self._free(self._upscaler, now)
        self._offer(self._encoder, now, frame)

    def _encoded(self, now: float, frame: Frame) -> None:
        self.done.append((frame.came, now - frame.came, frame.rung))
        self._deadline.stayed(frame.rung, frame.upscaled - frame.came, frame.upscaled, now - frame.encoding)
        self._free(self._encoder, now)

    def _offer(self, server: Server, now: float, frame: Frame) -> None:
        frame.put = now
        if not server.busy:
            self._start(server, now, frame)
            return
        if server.waiting is not None and server is self._upscaler:
            self.drops.append(now)
            self._deadline.dropped(now - server.waiting.put, now)
        elif server.waiting is not None:
            self.unencoded += 1
        server.waiting = frame

    def _start(self, server: Server, now: float, frame: Frame) -> None:
        server.busy = True
        if server is self._upscaler:
            frame.rung = self._deadline.take(now)
            self._later(now + self.costs[frame.rung] * self.load(now), self._upscaled, frame)
        else:
            frame.encoding = now
            self._later(now + self.encode * self.load(now), self._encoded, frame)

    def _free(self, server: Server, now: float) -> None:
        server.busy, next_one = False, server.waiting
        server.waiting = None
        if next_one is not None:
            self._start(server, now, next_one)
