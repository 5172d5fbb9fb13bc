"""A stage of the live path: a thread that always works on the newest item it was given."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from .slot import Closed, Slot

Item = TypeVar("Item")


class Stage(Generic[Item]):
    """Calls `work` with one item after the other, and `failed` with what it raised; it ends at `close` only."""

    def __init__(self, name: str, work: Callable[[Item], None], failed: Callable[[Exception], None]) -> None:
        self._work, self._failed = work, failed
        self._slot: Slot[Item] = Slot()
        self._thread = threading.Thread(target=self._run, name=f"framelift-{name}", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """How many items were replaced before the stage came to them."""
        return self._slot.dropped

    def put(self, item: Item) -> Item | None:
        """Give it the next item and return the one that still waited, if any; never blocks."""
        return self._slot.put(item)

    def close(self) -> None:
        """Drop what waits and end the thread, after the item it works on; the stage itself may call it."""
        self._slot.close()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                item = self._slot.take()
            except Closed:
                return
            try:
                self._work(item)
            except Exception as error:  # noqa: BLE001  one bad item must not end a live stream
                self._failed(error)
            del item  # a frame is large, and the next one may be long in coming
