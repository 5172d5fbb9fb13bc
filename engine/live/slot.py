"""A hand-over between two threads that holds one item, the newest: what nobody took in time is dropped and counted.

This is what keeps latency from building up: a slow stage loses frames, it never queues them.
"""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Closed(Exception):
    """Nothing more will come; whoever waits ends."""


class Slot(Generic[Item]):
    """Holds at most one item."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._closed = False
        self._dropped = 0
        self._changed = threading.Condition()

    @property
    def dropped(self) -> int:
        """How many items were replaced before anybody took them."""
        return self._dropped

    def put(self, item: Item) -> Item | None:
        """Hand `item` over and return the one that still waited, which is dropped; never blocks.

        After `close` it is ignored.
        """
        with self._changed:
            if self._closed:
                return None
            replaced = self._items
            self._dropped += len(replaced)
            self._items = [item]
            self._changed.notify()
        return replaced[0] if replaced else None

    def take(self) -> Item:
        """Wait for an item. Raises Closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closed)
            if self._closed:
                raise Closed
            return self._items.pop()

    def close(self) -> None:
        """Drop what waits and wake whoever does."""
        with self._changed:
            self._closed = True
            self._items = []
            self._changed.notify_all()
