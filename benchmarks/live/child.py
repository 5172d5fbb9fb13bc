"""A function in a process of its own: told to end by its parent, and ended for sure."""

from __future__ import annotations

import asyncio
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

from .failures import ChildFailed

_SPAWN = get_context("spawn")  # a fresh interpreter: nothing of the parent's threads, loops and changes
_GRACE = 5.0  # seconds to end in after being told to


class Link:
    """The child's end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ready(self, value: Any = None) -> None:
        """Tell the parent that the work has begun."""
        self._connection.send(("ready", value))

    async def told_to_end(self) -> None:
        """Wait until the parent says so or is gone."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._connection.fileno(), ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._connection.fileno())


class Child:
    """Runs `work(link, *arguments)`; both are pickled. A context manager: what still runs at its end is killed."""

    def __init__(self, work: Callable[..., Any], *arguments: Any) -> None:
        self._name = f"{work.__module__}.{work.__qualname__}"
        self._connection, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_run, args=(theirs, work, arguments), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process.pid is not None
        return self._process.pid

    def ready(self, seconds: float) -> Any:
        """Wait for `Link.ready`; gives its value. Raises ChildFailed."""
        return self._received("ready", seconds)

    def result(self, seconds: float) -> Any:
        """Tell the process to end and wait for what its function returns. Raises ChildFailed."""
        self.tell_to_end()
        return self._received("done", seconds)

    def tell_to_end(self) -> None:
        """Returns at once."""
        try:
            self._connection.send("end")
        except OSError:  # it has ended by itself; what it said can still be received
            return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()  # which tells it, too
        self._process.join(_GRACE)
        self._process.kill()
        self._process.join()
        self._process.close()

    def _received(self, wanted: str, seconds: float) -> Any:
        try:
            if not self._connection.poll(seconds):
                raise ChildFailed(f"{self._name} was not {wanted} within {seconds:g} seconds")
            kind, value = self._connection.recv()
        except (EOFError, ConnectionError) as error:
            raise ChildFailed(f"{self._name} ended without a word") from error
        if kind != wanted:
            raise ChildFailed(f"{self._name} was to be {wanted}, and is {kind}: {value}")
        return value


def _run(connection: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this process
    with suppress(BrokenPipeError):  # the parent is gone
        try:
            connection.send(("done", work(Link(connection), *arguments)))
        except Exception:  # noqa: BLE001  the parent is told whatever it was
            connection.send(("failed", traceback.format_exc()))
