"""A long video under way: what it is, how far it is, and how others hear of it."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import Any, Literal

from ...errors import FrameliftError
from ..workers.task import Enlarged, Progress, Task
from .media_names import enlarged_name
from .scratch import Scratch

KEPT_SECONDS = 3600.0  # that a job is remembered, and its result kept, after its end

State = Literal["queued", "running", "done", "failed", "cancelled"]


class Job:
    """One. Its `revision` grows with all that happens to it."""

    def __init__(self, scratch: Scratch, task: Task, facts: Enlarged) -> None:
        """`facts` are what inspection found."""
        self.id = secrets.token_urlsafe(12)
        self.scratch, self.task = scratch, task
        self.state: State = "queued"
        self.revision = 1
        self.facts = facts
        self.error: FrameliftError | None = None
        self._progress = Progress(0, 0.0)
        self._ended: float | None = None  # seconds of `time.time`
        self._news = asyncio.Event()

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state not in ("queued", "running")

    @property
    def filename(self) -> str:
        """What its result is called."""
        return enlarged_name(self.task.name, self.facts.scale, self.facts.path.suffix)

    def turn(self, state: State) -> None:
        """It has come to `state`."""
        self.state = state
        self._ended = time.time() if self.over else None
        self._tell()

    def watch(self, progress: Progress) -> None:
        """It has come so far."""
        self._progress = progress
        self._tell()

    async def news(self, after: int, seconds: float) -> bool:
        """Wait, at most so long, until the revision is beyond `after`; whether it is."""
        try:
            async with asyncio.timeout(seconds):
                while self.revision <= after:
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`; sizes are [width, height], `eta` is in seconds, `expires` in Unix time."""
        facts, frames, seconds = self.facts, self._progress.frames, self._progress.seconds
        fps = frames / seconds if frames and seconds else None
        left = None if facts.frames is None else max(0, facts.frames - frames)
        return {
            "id": self.id,
            "state": self.state,
            "filename": self.filename,
            "model": facts.model,
            "scale": facts.scale,
            "input": facts.input_size,
            "output": facts.output_size,
            "frames": frames,
            "frames_total": facts.frames,
            "fps": None if fps is None else round(fps, 2),
            "eta": None if fps is None or left is None or self.over else round(left / fps, 1),
            "damage": facts.damage,
            "notes": facts.notes,
            "error": self.error and self.error.message,
            "hint": self.error and self.error.hint,
            "expires": None if self._ended is None else round(self._ended + KEPT_SECONDS),
        }

    def _tell(self) -> None:
        self.revision += 1
        self._news.set()
        self._news = asyncio.Event()
