"""Waiting for what another thread brings about."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SECONDS = 60.0  # after which a test gives up


def until(condition: Callable[[], object], seconds: float = SECONDS) -> None:
    """Return when `condition` holds; fail when it does not in time."""
    end, pause = time.monotonic() + seconds, threading.Event()
    while not condition():
        assert time.monotonic() < end, "what was waited for did not come"
        pause.wait(0.005)


def threads_of_ours() -> set[str]:
    """The names of the engine's threads that are alive."""
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("framelift-")}
