"""The server's side of a worker: a process that may die, hang or be ended at any time, without harm to the server."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..refused import Refused
from .task import Enlarged, Progress, Task

Watch = Callable[[Progress], None]

_LINE = 1 << 20  # bytes of the longest message
_END_SECONDS = 2.0  # that a process may take from its last word to its end
_CHILD = f"{__package__}.child"
_log = logging.getLogger(__name__)


class Worker:
    """One process, started by its first task and again after its end. Tasks take turns, first come, first served."""

    def __init__(self, folder: Callable[[], Path]) -> None:
        """`folder` gives the server's, for all files: the process removes it when it finds the server dead."""
        self._folder = folder
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    async def run(self, task: Task, seconds: float, watch: Watch | None = None) -> Enlarged:
        """Carry out `task`, in `seconds` at most from its turn on. Raises Refused.

        When it takes longer, or the caller is cancelled, the process is ended.
        """
        async with self._turn:
            return await self._run(task, seconds, watch)

    async def close(self) -> int:
        """End the process, whatever it does; its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with suppress(ProcessLookupError):
            process.kill()
        return await process.wait()

    async def _run(self, task: Task, seconds: float, watch: Watch | None) -> Enlarged:
        try:
            async with asyncio.timeout(seconds):
                return await self._conversation(await self._ready(), task, watch)
        except TimeoutError:
            await self.close()
            raise Refused(
                413, f"{task.name} takes longer than {seconds:g} s here", "send something smaller or shorter"
            ) from None
        except (asyncio.CancelledError, OSError):
            await self.close()
            raise
        except _Died:
            raise _died(task, await self._ended()) from None

    async def _ended(self) -> int:
        """The exit code of a process that says no more; to kill it at once could cost asyncio that code."""
        assert self._process is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                await self._process.wait()
        return await self.close()

    async def _ready(self) -> Process:
        """The process, or another when it has ended since its last task."""
        if self._process is not None and not await _answers(self._process):
            await self.close()
        if self._process is None:
            command = (sys.executable, "-P", "-m", _CHILD, str(self._folder()))
            # A session of its own: Ctrl-C in a terminal is the server's to answer, which then ends this process.
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, limit=_LINE, start_new_session=True
            )
        return self._process

    async def _conversation(self, process: Process, task: Task, watch: Watch | None) -> Enlarged:
        await _send(process, task.to_json())
        while True:
            kind, values = await _message(process)
            if kind == "done":
                return Enlarged.from_json(values)
            if kind == "refused":
                raise Refused(**values)
            if watch is not None:
                watch(Progress(**values))


async def _answers(process: Process) -> bool:
    """Whether it is there: it answers an empty line."""
    try:
        await _send(process, b"\n")
        return await _message(process) == ["ready", {}]
    except _Died:
        return False


async def _send(process: Process, line: bytes) -> None:
    assert process.stdin is not None
    with suppress(ConnectionError):  # then there is nothing to read either
        process.stdin.write(line)
        await process.stdin.drain()


async def _message(process: Process) -> list[Any]:
    """[kind, values]."""
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line.endswith(b"\n"):
        raise _Died
    message: list[Any] = json.loads(line)
    return message


class _Died(Exception):
    """The process has ended."""


def _died(task: Task, code: int) -> Refused:
    """By a signal, when `code` is negative: the decoder's own error, or the system that was short of memory."""
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    _log.warning("a worker ended by %s while it read an upload", how)
    return Refused(
        422, f"{task.name} ended the process that read it ({how})", "it is damaged or too large: write it anew, smaller"
    )
