"""What the routes for pictures, videos and jobs share: a place for files, the workers, and the bounds of both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from types import TracebackType
from typing import Self

from starlette.requests import Request

from ...errors import UsageError
from ...model import precisions_of, scales_of
from ...upscaler import DEFAULT_MODEL
from ..refused import Refused
from ..rungs import BICUBIC
from ..settings import ServeSettings
from ..workers.task import Action, Caps, Enlarged, Task
from ..workers.worker import Watch, Worker
from .job import Job
from .job_list import JobList
from .media_names import safe_name
from .scratch import ScratchRoom
from .uploads import Body, Upload, Uploads

FRAME_PIXELS = 7680 * 4320  # of an enlarged frame
PICTURE = Caps(pixels=64_000_000)
CLIP = Caps(FRAME_PIXELS, frames=1800, seconds=60.0)  # that is answered directly
JOB = Caps(FRAME_PIXELS, frames=2_000_000)  # 9 hours at 60 frames a second
PICTURE_SECONDS = 120.0  # 64 megapixels of 16 bits, with alpha, take a minute on a busy machine
INSPECT_SECONDS = 20.0
CLIP_SECONDS = 300.0
JOB_SECONDS = 86_400.0


class Workshop:
    """Open while the server is."""

    def __init__(self, settings: ServeSettings) -> None:
        self.settings = settings
        self._uploads = Uploads()
        self.jobs = JobList(self.enlarge_job, settings.jobs_at_once)
        self._room = ScratchRoom()
        self._pictures, self._inspections = (Worker(self._room.root) for _ in range(2))
        self._clips = asyncio.Semaphore(settings.jobs_at_once)  # answered directly, beside the jobs

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.jobs.close()
        await self._pictures.close()
        await self._inspections.close()
        self._room.close()

    @asynccontextmanager
    async def receive(
        self, request: Request, most: int, *kinds: str, first: Callable[[], None] = lambda: None
    ) -> AsyncIterator[Upload]:
        """The request's file, of `most` bytes at most, in a form of one of `kinds`; gone when the body ends.

        Unless the body hands its scratch on. `first` may refuse it before it is read. Raises Refused.
        """
        body = Body(request)
        try:
            first()
            with self._room.new(min(most, body.length), len(self.jobs), self.jobs.drop_oldest) as scratch:
                yield await self._uploads.receive(body, scratch, most, *kinds)
        except Refused:
            await body.linger()
            raise

    def task(self, action: Action, upload: Upload, caps: Caps) -> Task:
        """The task for an upload. Raises UsageError for a model there is not."""
        live = self.settings.live
        model = upload.model or (DEFAULT_MODEL if live.model == BICUBIC else live.model)
        if model != live.model and not precisions_of(model):  # a name, never a path of the client's
            raise UsageError(f"no model is named {model!r}", "GET /models lists them")
        usual = live.scale if live.scale in scales_of(model) else None
        name = safe_name(upload.name, "the file")
        return Task(
            action, upload.path, name, model, upload.scale or usual, caps, live.backend, live.precision, live.threads
        )  # fmt: skip

    async def enlarge_picture(self, upload: Upload) -> Enlarged:
        """One after the other, each with all the cores. Raises FrameliftError."""
        return await self._pictures.run(self.task("picture", upload, PICTURE), PICTURE_SECONDS)

    async def enlarge_clip(self, upload: Upload) -> Enlarged:
        """A short one, at once. Raises FrameliftError."""
        task, _ = await self._inspected(upload, CLIP)
        async with self._clips:
            return await self._alone(task, CLIP_SECONDS)

    async def new_job(self, upload: Upload) -> Job:
        """A long one, which can be done, as far as its beginning tells. Raises FrameliftError."""
        return Job(upload.scratch, *await self._inspected(upload, JOB))

    async def enlarge_job(self, task: Task, watch: Watch) -> Enlarged:
        """A long one. Raises Refused."""
        return await self._alone(task, JOB_SECONDS, watch)

    async def _inspected(self, upload: Upload, caps: Caps) -> tuple[Task, Enlarged]:
        task = self.task("inspect", upload, caps)
        return replace(task, action="clip"), await self._inspections.run(task, INSPECT_SECONDS)

    async def _alone(self, task: Task, seconds: float, watch: Watch | None = None) -> Enlarged:
        worker = Worker(self._room.root)
        try:
            return await worker.run(task, seconds, watch)
        finally:
            await worker.close()
