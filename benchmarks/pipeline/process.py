"""Work in processes of their own, which end without a word when somebody interrupts."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

Result = TypeVar("Result")


def alone(work: Callable[..., Result], *arguments: object) -> Result:
    """`work` of a module, in a new process: its memory is its own, and nothing is warm. Raises what it raises."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=ready) as processes:
        with starting():
            running = processes.submit(work, *arguments)
        return running.result()


@contextmanager
def starting() -> Iterator[None]:
    """Processes are started in the body; an interruption waits for its end, and for each of them to be `ready`.

    Or Python would print where in its own beginnings it was. For the main thread.
    """
    interrupted = threading.Event()
    handler = signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # inherited, unlike the handler
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, handler)
    if interrupted.is_set():
        raise KeyboardInterrupt


def ready() -> None:
    """What such a process does first: from here on an interruption ends it. The parent hears of it too, and says so."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
