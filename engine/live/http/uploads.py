"""A file that comes in: in a form, straight to disk, or as base64 in JSON; capped while it is read."""

from __future__ import annotations

import asyncio
import base64
import errno
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect, Request

from ..refused import Refused
from .forms import FileForm
from .limits import check_type
from .payloads import parsed
from .scratch import Scratch

FORM = "multipart/form-data"
JSON = "application/json"
MOST_IN_JSON = 72 << 20  # bytes of a file in JSON, which is held in memory
UPLOAD_SECONDS = 3600.0  # for the whole of a body
START_SECONDS = 10.0  # that a body may be slower than
LEAST_RATE = 8 << 10  # bytes a second, from its beginning on: few uploads may be under way at once
_BESIDE = 64 << 10  # bytes of a body beside its file
_BLOCK = 1 << 20  # bytes that are parsed and written at a time, off the event loop
_LINGER = 2.0  # seconds that a refused body is read on: who is cut off while sending sees no answer


class FileInJson(BaseModel):
    """A file as the mobile clients send it."""

    data: str = Field(alias="DATA", description="The file, in base64 (RFC 4648 section 4).")
    model: str | None = Field(None, alias="MODEL", max_length=100, description="A name of GET /models.")
    filename: str | None = Field(None, alias="FILENAME", max_length=4096, description="What the file is called.")
    scale: int | None = Field(None, alias="SCALE", ge=2, le=4, description="How many times larger; 2 by default.")


class Body:
    """A request's body."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self._whole = False

    @property
    def length(self) -> int:
        """In bytes, where the request tells; else 0."""
        return int(self.request.headers.get("content-length", 0))

    async def blocks(self, most: int) -> AsyncIterator[bytes]:
        """The body in blocks of a useful size.

        Raises Refused when it is, or says it will be, over `most` bytes, and when it comes too slowly.
        """
        if self.length > most:
            raise _too_large(most)
        total, block, began = 0, bytearray(), time.monotonic()
        async for chunk in self.request.stream():
            total += len(chunk)
            if total > most:
                raise _too_large(most)
            seconds = time.monotonic() - began
            if seconds > START_SECONDS and total < LEAST_RATE * seconds:
                raise _too_slow()
            block += chunk
            if len(block) >= _BLOCK:
                yield bytes(block)
                block.clear()
        self._whole = True
        yield bytes(block)

    async def linger(self) -> None:
        """Read the rest of a refused body, for a while; not from a client that waits to be asked for it."""
        if self._whole or "expect" in self.request.headers:
            return
        with suppress(TimeoutError, Refused):
            async with asyncio.timeout(_LINGER):
                while (await self.request.receive()).get("more_body"):
                    pass


@dataclass(frozen=True)
class Upload:
    """A file on disk, and what the client wants."""

    scratch: Scratch
    name: str | None  # as the client gave it: see `media_names`
    model: str | None
    scale: int | None
    in_json: bool

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self.scratch.upload


class Uploads:
    """Takes the files of requests."""

    def __init__(self) -> None:
        self._parsing = asyncio.Lock()  # JSON is held in memory, several times over: one at a time

    async def receive(self, body: Body, scratch: Scratch, most: int, *kinds: str) -> Upload:
        """The file of a request, written to `scratch`; `kinds` are `FORM`, `JSON` or both.

        Raises Refused: 413 as soon as it is over `most` bytes, 415 for other content types, 400, 408, 422 and 507.
        """
        take = self._from_form if check_type(body.request, *kinds) == FORM else self._from_json
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                upload = await take(body, scratch, most)
        except ClientDisconnect:
            raise Refused(400, "the request ended before its body did", "send all of it") from None
        except TimeoutError:
            raise _too_slow() from None
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise Refused(507, "the server's disk is full", "try again later", retry_after=60) from None
        if not upload.path.stat().st_size:
            raise Refused(422, "the file is empty", "send one with something in it")
        return upload

    async def _from_form(self, body: Body, scratch: Scratch, most: int) -> Upload:
        with scratch.upload.open("wb") as file:
            form = FileForm(body.request.headers["content-type"], file.write, most)
            async for block in body.blocks(most + _BESIDE):
                await asyncio.to_thread(form.feed, block)
        name, fields = form.finish()
        return Upload(scratch, name, fields.get("model"), _scale_of(fields.get("scale")), in_json=False)

    async def _from_json(self, body: Body, scratch: Scratch, most: int) -> Upload:
        most = min(most, MOST_IN_JSON)
        with scratch.upload.open("wb") as file:
            async for block in body.blocks(most + most // 3 + _BESIDE):
                await asyncio.to_thread(file.write, block)
        async with self._parsing:
            return await asyncio.to_thread(_unpacked, scratch, most)


def media_body(*kinds: str) -> dict[str, object]:
    """The description of such requests for OpenAPI."""
    fields = {
        "file": {"type": "string", "format": "binary"},
        "model": {"type": "string", "description": "A name of GET /models."},
        "scale": {"type": "integer", "minimum": 2, "maximum": 4, "default": 2},
    }
    schemas = {
        FORM: {"type": "object", "required": ["file"], "properties": fields},
        JSON: FileInJson.model_json_schema(),
    }
    return {"requestBody": {"required": True, "content": {kind: {"schema": schemas[kind]} for kind in kinds}}}


def _unpacked(scratch: Scratch, most: int) -> Upload:
    """The file that the JSON in `scratch` holds, in its place."""
    given = parsed(FileInJson, scratch.upload.read_bytes())
    text = given.data.partition(",")[2] if given.data.startswith("data:") else given.data  # RFC 2397, from browsers
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except ValueError as error:
        raise Refused(422, f"DATA is no base64: {error}", "send the file as RFC 4648 section 4 has it") from None
    if len(data) > most:
        raise _too_large(most)
    scratch.upload.write_bytes(data)
    return Upload(scratch, given.filename, given.model, given.scale, in_json=True)


def _scale_of(field: str | None) -> int | None:
    if not field:
        return None
    if field not in ("2", "3", "4"):
        raise Refused(422, f"scale {field[:20]!r} is not one of 2, 3 and 4", "leave it out for 2")
    return int(field)


def _too_large(most: int) -> Refused:
    return Refused(413, f"the body is over {most} bytes", "send a smaller file")


def _too_slow() -> Refused:
    return Refused(408, "the body comes too slowly", "send it over a faster connection")
