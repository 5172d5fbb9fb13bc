"""One question to the media process for all who ask it at the same time: a flood of them reaches nobody's pictures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

FRESH_SECONDS = 0.2


class Shared:
    """What `ask` gives, at most `FRESH_SECONDS` old."""

    def __init__(self, ask: Callable[[], Awaitable[Any]]) -> None:
        self._ask = ask
        self._asking: asyncio.Task[Any] | None = None
        self._until = 0.0

    async def get(self) -> Any:  # what JSON holds
        """The answer. Raises what `ask` raises."""
        if self._asking is None or (self._asking.done() and time.monotonic() > self._until):
            self._asking = asyncio.create_task(self._asked())
        return await asyncio.shield(self._asking)

    def forget(self) -> None:
        """Something has changed: ask again, also when an answer is on its way."""
        self._asking = None

    async def _asked(self) -> Any:
        try:
            return await self._ask()
        finally:
            self._until = time.monotonic() + FRESH_SECONDS
