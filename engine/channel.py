"""Bounded channels between threads, and the crew of threads that uses them.

A full channel makes its producer wait, so memory stays bounded whatever the length of the clip. The first
error in any thread closes every channel, and is raised from `Crew.wait`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")


class Cancelled(Exception):
    """The run was stopped while this thread waited on a channel."""


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

    def put(self, item: Item, turn: int | None = None) -> None:
        """Hand `item` over, waiting while the channel is full and, with a `turn`, until those before it are in.

        Raises Cancelled when the run is stopped.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._cancelled or (len(self._items) < self._capacity and turn in (None, self._turn))
            )
            if self._cancelled:
                raise Cancelled
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
                self._changed.wait_for(lambda: self._cancelled or self._items or not self._producers)
                if self._cancelled:
                    raise Cancelled
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
        """Run `work` in a thread; its output channels are closed when it is done."""

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

        thread = threading.Thread(target=run, name=f"framelift-{name}", daemon=True)
        thread.start()
        self._threads.append(thread)

    def cancel(self) -> None:
        """Stop every thread at its next hand-over."""
        for channel in self._channels:
            channel.cancel()

    def wait(self, every: float, report: Callable[[], object]) -> None:
        """Wait until all have ended, calling `report` each `every` seconds. Raises the first error of any thread."""
        for thread in self._threads:
            while thread.is_alive():
                thread.join(every)
                report()
        if self._error is not None:
            raise self._error

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        """End every thread, also when the caller was interrupted (Ctrl-C)."""
        self.cancel()
        for thread in self._threads:
            thread.join()
