"""`/jobs`: long videos, with progress, and a result to fetch."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from ..refused import Refused
from .answers import file_answer, unless_gone
from .job import Job
from .uploads import FORM, media_body
from .workshop import Workshop

HEARTBEAT_SECONDS = 15.0  # proxies close what is silent for longer


def router(workshop: Workshop) -> APIRouter:
    """Routes of all jobs, and of each."""
    routes = APIRouter(tags=["jobs"])
    jobs, most = workshop.jobs, workshop.settings.max_video_bytes

    @routes.post("/jobs", status_code=202, openapi_extra=media_body(FORM))
    async def add(request: Request) -> Response:
        """Take a video, look into it, and queue it: 202 with the job, whose address is in Location."""
        async with workshop.receive(request, most, FORM, first=jobs.check_room) as upload:
            job = await unless_gone(request, workshop.new_job(upload))
            jobs.add(job)
            upload.scratch.handed_on()
            return JSONResponse(job.to_json(), 202, {"Location": f"/jobs/{job.id}"})

    @routes.get("/jobs/{number}")
    async def one(number: str) -> dict[str, Any]:
        """The job: its state, frames of frames_total, fps and eta in seconds.

        The state is queued, running, done, failed or cancelled.
        """
        return jobs.get(number).to_json()

    @routes.get("/jobs/{number}/events", response_class=StreamingResponse)
    async def events(number: str, request: Request) -> Response:
        """The job, each time it changes, as server-sent events (HTML Living Standard, section 9.2), until its end.

        Who comes back with Last-Event-ID gets what it has not seen: 204, which ends the asking, when that is nothing.
        """
        job = jobs.get(number)
        given = request.headers.get("last-event-id", "")
        seen = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
        if job.over and seen >= job.revision:
            return Response(status_code=204)
        return StreamingResponse(
            _events(job, seen), headers={"Cache-Control": "no-cache"}, media_type="text/event-stream"
        )

    @routes.api_route("/jobs/{number}/result", methods=["GET", "HEAD"], response_class=Response)
    async def result(number: str) -> Response:
        """The enlarged video, whole or in ranges; 409 as long as there is none."""
        job = jobs.get(number)
        if job.error is not None:
            raise Refused(409, f"the job has failed: {job.error.message}", job.error.hint)
        if job.state != "done":
            raise Refused(409, f"the job is {job.state}", "wait until its state is done", retry_after=2)
        return file_answer(job.facts, job.filename)

    @routes.delete("/jobs/{number}", status_code=204)
    async def remove(number: str) -> Response:
        """End the job, and remove its files: 204."""
        await jobs.remove(jobs.get(number))
        return Response(status_code=204)

    return routes


async def _events(job: Job, seen: int) -> AsyncIterator[str]:
    while True:
        if await job.news(seen, HEARTBEAT_SECONDS):
            seen = job.revision
            yield f"id: {seen}\ndata: {json.dumps(job.to_json())}\n\n"
        else:
            yield ": \n\n"  # a comment
        if job.over:
            return
