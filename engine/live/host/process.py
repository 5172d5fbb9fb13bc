"""The media process as the server sees it: started, watched, and started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...errors import FrameliftError, UsageError
from ..refused import Refused
from ..settings import ServeSettings
from .rpc import Caller, Lost, ends_of

START_SECONDS = 60.0  # importing and opening models on a busy machine
CALL_SECONDS = 20.0  # an answer waits for the STUN and TURN servers that the user named
PING_SECONDS = 2.0  # between two looks at the process
PONG_SECONDS = 10.0  # for a process that should answer at once
END_SECONDS = 3.0  # for saying goodbye to every peer
_DELAYS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)  # before a start, by how many ended soon before
_SOON = 10.0

# glibc keeps a heap for each thread that was ever busy; frames that wander between threads fill all of them.
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}  # after 120 sessions 160 MB instead of 290; as fast

_log = logging.getLogger(__name__)


class MediaProcess:
    """Calls the media process, which lives from `start` to `close` and again after every death."""

    def __init__(self, settings: ServeSettings) -> None:
        self._settings = settings
        self._caller: Caller | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self.restarts = 0

    @property
    def ready(self) -> bool:
        """Whether calls can succeed now."""
        return self._caller is not None

    @property
    def pid(self) -> int | None:
        """The process now, if there is one."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start the process, and wait for it. Raises FrameliftError when it cannot start."""
        first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watch = asyncio.create_task(self._keep(first), name="media process")
        await first

    async def close(self) -> None:
        """End every session, then the process. Never raises; takes seconds at most."""
        if self._caller is not None:
            with contextlib.suppress(Refused, Lost, TimeoutError):
                await self._caller.call("close", {}, END_SECONDS)
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])

    async def call(self, name: str, **arguments: Any) -> Any:
        """What the media process gives. Raises Refused, also when there is no such process now."""
        if self._caller is None:
            raise _down()
        try:
            return await self._caller.call(name, arguments, CALL_SECONDS)
        except Lost:
            raise _down() from None
        except TimeoutError:
            raise Refused(503, f"no answer within {CALL_SECONDS:.0f} s", "try again", retry_after=5) from None

    async def _keep(self, first: asyncio.Future[None]) -> None:
        deaths = 0
        while True:
            await asyncio.sleep(_DELAYS[min(deaths, len(_DELAYS) - 1)])
            began = time.monotonic()
            try:
                await self._live(first)
            except Exception as error:  # noqa: BLE001  whoever waits for the first start must hear of any
                if not first.done():
                    first.set_exception(error)
                    return
                known = isinstance(error, FrameliftError | OSError)
                _log.error("the media process did not start: %s", error, exc_info=not known)
            deaths = deaths + 1 if time.monotonic() - began < _SOON else 0
            self.restarts += 1

    async def _live(self, first: asyncio.Future[None]) -> None:
        """One life of the process. Raises FrameliftError when it does not start."""
        ours, theirs = socket.socketpair()
        command = (sys.executable, "-m", "framelift.engine.live.host", str(theirs.fileno()))
        with theirs:
            # A session of its own: Ctrl-C in a terminal is the server's to answer, which then ends this process.
            self._process = await asyncio.create_subprocess_exec(
                *command,
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,
                env=_ENVIRONMENT | os.environ,
            )
        caller = Caller(*await ends_of(ours))
        listening = asyncio.create_task(caller.listen(), name="media calls")
        try:
            await self._opened(caller)
            self._caller = caller
            if not first.done():
                first.set_result(None)
            await _until_gone(caller, listening)
            _log.error("the media process is gone; its sessions are lost and it is started again")
        finally:
            self._caller = None
            listening.cancel()  # closes the socket
            await _ended(self._process)
            await asyncio.wait([listening])

    async def _opened(self, caller: Caller) -> None:
        wishes = asdict(self._settings)
        wanted = {name: wishes[name] for name in ("live", "ice", "max_sessions")}
        trace = None if self._settings.trace is None else str(_numbered(self._settings.trace, self.restarts))
        try:
            await caller.call("open", {**wanted, "trace": trace}, START_SECONDS)
        except Refused as refusal:
            raise UsageError(refusal.message, refusal.hint) from None
        except Lost:
            raise FrameliftError("the media process ended while it started", "its words are above") from None
        except TimeoutError:
            raise FrameliftError(f"the media process took over {START_SECONDS:.0f} s to start", "try again") from None


def _numbered(trace: Path, restarts: int) -> Path:
    """Each life of the process has a file of its own: what led to the end of one is in the file of that one."""
    return trace.with_stem(f"{trace.stem}-{restarts + 1}") if restarts else trace


async def _until_gone(caller: Caller, listening: asyncio.Task[None]) -> None:
    """Return when the process has ended, or answers no more."""
    while not listening.done():
        try:
            await caller.call("ping", {}, PONG_SECONDS)
        except (Lost, TimeoutError):
            return
        await asyncio.wait([listening], timeout=PING_SECONDS)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """It ends by itself when its socket closes; one that does not is killed, at once where nobody can wait."""
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _down() -> Refused:
    return Refused(503, "the media process is starting", "try again in a few seconds", retry_after=2)
