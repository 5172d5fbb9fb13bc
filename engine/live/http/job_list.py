"""All jobs: some run, some wait their turn, and those that ended are kept for a while."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from ...errors import FrameliftError
from ..refused import Refused
from ..workers.task import Enlarged, Task
from ..workers.worker import Watch
from .job import KEPT_SECONDS, Job

MOST_WAITING = 16
MOST_KEPT = 32  # that have ended

Run = Callable[[Task, Watch], Awaitable[Enlarged]]
_log = logging.getLogger(__name__)


class JobList:
    """`at_once` jobs run, first come, first served."""

    def __init__(self, run: Run, at_once: int) -> None:
        self._run = run
        self._places = asyncio.Semaphore(at_once)
        self._jobs: dict[str, Job] = {}  # those that ended in the order they did, after the others
        self._work: dict[str, asyncio.Task[None]] = {}
        self._expiries: dict[str, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._jobs)

    def check_room(self) -> None:
        """Raises Refused with 503 when no more may wait."""
        if sum(job.state == "queued" for job in self._jobs.values()) >= MOST_WAITING:
            raise Refused(503, f"{MOST_WAITING} jobs wait already", "try again later", retry_after=30)

    def add(self, job: Job) -> None:
        """From now on the job's files are the list's to remove. Raises Refused when it is full."""
        self.check_room()
        self._jobs[job.id] = job
        self._work[job.id] = asyncio.create_task(self._carry_out(job))

    def get(self, number: str) -> Job:
        """Raises Refused with 404."""
        if number not in self._jobs:
            raise Refused(404, f"there is no job {number[:40]!r}", "it was removed, or its time is over: send it again")
        return self._jobs[number]

    async def remove(self, job: Job) -> None:
        """End a job, whatever it does, and remove its files."""
        if (work := self._work.pop(job.id, None)) is not None:
            work.cancel()
            await asyncio.wait([work])
        self._drop(job)
        if not job.over:
            job.turn("cancelled")

    def drop_oldest(self) -> bool:
        """Remove the job that ended first, to make room; False when there is none."""
        oldest = next((job for job in self._jobs.values() if job.over), None)
        if oldest is None:
            return False
        self._drop(oldest)
        return True

    async def close(self) -> None:
        """End and remove all."""
        for job in [*self._jobs.values()]:
            await self.remove(job)

    async def _carry_out(self, job: Job) -> None:
        async with self._places:
            job.turn("running")
            try:
                job.facts = await self._run(job.task, job.watch)
            except FrameliftError as error:
                job.error = error
            except Exception as error:  # noqa: BLE001  told to who asks for the job
                _log.exception("job %s", job.id)
                job.error = Refused(500, f"internal error: {type(error).__name__}", "the server's log has more")
        self._end(job)

    def _end(self, job: Job) -> None:
        del self._work[job.id]
        self._jobs[job.id] = self._jobs.pop(job.id)
        job.task.source.unlink(missing_ok=True)
        if job.error is not None:
            job.scratch.remove()
        job.turn("done" if job.error is None else "failed")
        self._expiries[job.id] = asyncio.get_running_loop().call_later(KEPT_SECONDS, self._drop, job)
        if sum(kept.over for kept in self._jobs.values()) > MOST_KEPT:
            self.drop_oldest()

    def _drop(self, job: Job) -> None:
        self._jobs.pop(job.id, None)
        if (expiry := self._expiries.pop(job.id, None)) is not None:
            expiry.cancel()
        job.scratch.remove()
