"""An enlarged file that goes out: as it is, or as base64 in JSON; read from disk piece by piece."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from fastapi.responses import FileResponse, StreamingResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..refused import Refused
from ..workers.task import Enlarged
from .media_names import content_disposition, enlarged_name, safe_name
from .scratch import Scratch
from .uploads import Upload

Result = TypeVar("Result")
_PIECE = 3 << 18  # bytes; a multiple of 3 is a whole number of base64's groups


def answer(upload: Upload, done: Enlarged) -> Response:
    """The enlarged file, in the form that the upload had. Both are removed when it is sent, or the client has left."""
    name = enlarged_name(
        safe_name(upload.name, "picture" if done.frames is None else "video"), done.scale, done.path.suffix
    )
    made: Response = (_InJson if upload.in_json else _AsItIs)(done, name, upload.scratch)
    upload.scratch.handed_on()
    return made


def file_answer(done: Enlarged, name: str) -> FileResponse:
    """The enlarged file as it is, whole or in the ranges that are asked for (RFC 9110 section 14)."""
    return FileResponse(done.path, headers=_headers(done, name), media_type=done.media_type)


async def unless_gone(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """The result of `work`, which is cancelled when the client leaves; the request's body has been read."""
    task = asyncio.create_task(work)
    gone = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait([task, gone], return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait([task])
    with suppress(asyncio.CancelledError):
        return task.result()
    raise Refused(400, "the client has left", "stay for the answer")


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _headers(done: Enlarged, name: str) -> dict[str, str]:
    """What JSON has as fields; the words are made fit for a header."""
    width, height = done.output_size
    told = {"Model": done.model, "Scale": str(done.scale), "Size": f"{width}x{height}"}
    if done.damage:
        told["Damage"] = done.damage
    if done.notes:
        told["Notes"] = "; ".join(done.notes)
    headers = {f"Framelift-{key}": re.sub(r"[^ -~]", "?", words)[:500] for key, words in told.items()}
    return {"Content-Disposition": content_disposition(name), "X-Content-Type-Options": "nosniff"} | headers


class _AsItIs(FileResponse):
    def __init__(self, done: Enlarged, name: str, scratch: Scratch) -> None:
        super().__init__(done.path, headers=_headers(done, name), media_type=done.media_type)
        self._scratch = scratch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._scratch.remove()


class _InJson(StreamingResponse):
    """{FILENAME, MODEL, SCALE, WIDTH, HEIGHT, TYPE, DAMAGE, NOTES, DATA}."""

    def __init__(self, done: Enlarged, name: str, scratch: Scratch) -> None:
        width, height = done.output_size
        fields = {
            "FILENAME": name, "MODEL": done.model, "SCALE": done.scale, "WIDTH": width, "HEIGHT": height,
            "TYPE": done.media_type, "DAMAGE": done.damage, "NOTES": done.notes, "DATA": "",
        }  # fmt: skip
        self._begin = json.dumps(fields).encode().removesuffix(b'"}')
        self._done, self._scratch = done, scratch
        length = len(self._begin) + -(-done.path.stat().st_size // 3) * 4 + 2
        super().__init__(self._pieces(), headers={"Content-Length": str(length)}, media_type="application/json")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._scratch.remove()

    async def _pieces(self) -> AsyncIterator[bytes]:
        yield self._begin
        with self._done.path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield base64.b64encode(piece)
        yield b'"}'
