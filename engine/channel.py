"""Bounded channels between threads, and the crew of threads that uses them.

A full channel makes its producer wait, so memory stays bounded whatever the length of the clip. The first
error in any thread closes every channel, and is raised from `Crew.wait`.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any, Generic, NamedTuple, TypeVar

Item = TypeVar("Item")


class Cancelled(Exception):
    """The run was stopped while this thread waited on a channel."""


class Waits(NamedTuple):
    """Seconds that threads of one name have waited."""

    starved: float = 0.0  # for something to take
    blocked: float = 0.0  # for room for what they had made, or until it was its turn


class Channel(Generic[Item]):
    """A first-in, first-out hand-over of at most `capacity` items; it ends when all `producers` have closed it.

    Several consumers may share one: `numbered` tells each its items' places, and putting the results into the next
    channel under these `turn`s brings them back into order.
    """

    def __init__(self, capacity: int, producers: int = 1) -> None:
        self._items: deque[Item] = deque()
        self._capacity = capacity
        self._producers = producers
        self._taken = 0
        self._turn = 0
        self._cancelled = False
        self._changed = threading.Condition()
        self.starved: dict[str, float] = defaultdict(float)  # seconds by name of the threads that waited to take
        self.blocked: dict[str, float] = defaultdict(float)  # likewise to put

    def put(self, item: Item, turn: int | None = None) -> None:
        """Hand `item` over, waiting while the channel is full and, with a `turn`, until those before it are in.

        Raises Cancelled when the run is stopped.
        """
        with self._changed:
            self._wait_until(lambda: len(self._items) < self._capacity and turn in (None, self._turn), self.blocked)
            self._items.append(item)
            self._turn += 1
            self._changed.notify_all()

    def __iter__(self) -> Iterator[Item]:
        """Take items until every producer has closed. Raises Cancelled when the run is stopped."""
        return (item for _, item in self.numbered())

    def numbered(self) -> Iterator[tuple[int, Item]]:
        """Likewise, each item with its place, from 0, in the order they were put."""
        while True:
            with self._changed:
                self._wait_until(lambda: bool(self._items) or not self._producers, self.starved)
                if not self._items:
                    return
                item, number = self._items.popleft(), self._taken
                self._taken += 1
                self._changed.notify_all()
            yield number, item

    def close(self) -> None:
        """One producer has put its last item."""
        with self._changed:
            self._producers -= 1
            self._changed.notify_all()

    def cancel(self) -> None:
        """Drop what is held and wake everybody who waits."""
        with self._changed:
            self._cancelled = True
            self._items.clear()
            self._changed.notify_all()

    def _wait_until(self, ready: Callable[[], bool], waits: dict[str, float]) -> None:
        """Note in `waits` how long it took. Raises Cancelled when the run is stopped."""
        began = perf_counter()
        self._changed.wait_for(lambda: self._cancelled or ready())
        if self._cancelled:
            raise Cancelled
        waits[threading.current_thread().name] += perf_counter() - began


class Crew:
    """Threads that live and end together."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._channels: list[Channel[Any]] = []
        self._lock = threading.Lock()
        self._error: BaseException | None = None

    def channel(self, capacity: int, producers: int = 1) -> Channel[Item]:
        """A channel that ends with the crew."""
        channel: Channel[Item] = Channel(capacity, producers)
        self._channels.append(channel)
        return channel

    def start(self, name: str, work: Callable[[], None], *outputs: Channel[Any]) -> None:
        """Run `work` in a thread; its output channels are closed when it is done. Threads may share a name."""

        def run() -> None:
            try:
                work()
            except Cancelled:
                return
            except BaseException as error:  # noqa: BLE001  handed to whoever waits
                with self._lock:
                    self._error = self._error or error
                self.cancel()
            else:
                for output in outputs:
                    output.close()

        thread = threading.Thread(target=run, name=_thread_name(name), daemon=True)
        thread.start()
        self._threads.append(thread)

    def waits(self, name: str) -> Waits:
        """How long the threads of this name have waited so far, in sum."""
        thread = _thread_name(name)
        return Waits(
            sum(channel.starved.get(thread, 0.0) for channel in self._channels),
            sum(channel.blocked.get(thread, 0.0) for channel in self._channels),
        )

    def cancel(self) -> None:
        """Stop every thread at its next hand-over."""
        for channel in self._channels:
            channel.cancel()

    def wait(self, every: float, report: Callable[[], object]) -> None:
        """Wait until all have ended; calls `report` at the beginning, each `every` seconds and at the end.

        Raises the first error of any thread.
        """
        report()
        for thread in self._threads:
            while thread.is_alive():
                thread.join(every)
                report()
        if self._error is not None:
            raise self._error
        report()

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        """End every thread, also when the caller was interrupted (Ctrl-C)."""
        self.cancel()
        for thread in self._threads:
            thread.join()


def _thread_name(name: str) -> str:
    return f"framelift-{name}"
