"""Calls from one process to another: JSON, a line each way, over a socket pair.

    {"id": 7, "call": "watch", "with": {"stream": "show", ...}}
    {"id": 7, "gives": {...}}                    or
    {"id": 7, "refuses": {"status": 404, "message": "...", "hint": "...", "retry_after": null}}

Calls run side by side; answers come in any order.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from ...errors import FrameliftError
from ..refused import Refused

LONGEST_LINE = 16 << 20  # bytes; the statistics of a session are about 2 KB
Handler = Callable[[str, dict[str, Any]], Awaitable[Any]]


class Lost(Exception):
    """The other process is gone."""


class Caller:
    """The asking end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count()
        self._lost = False

    async def call(self, name: str, arguments: dict[str, Any], seconds: float) -> Any:
        """What the other end gives. Raises Refused, Lost, and TimeoutError after `seconds`."""
        if self._lost:
            raise Lost
        number = next(self._numbers)
        answer = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            async with asyncio.timeout(seconds):
                await _write(self._writer, {"id": number, "call": name, "with": arguments})
                return await answer
        finally:
            del self._waiting[number]

    async def listen(self) -> None:
        """Hand the answers out until the other end is gone; then every call raises Lost."""
        try:
            while (message := await _read(self._reader)) is not None:
                self._settle(message)
        finally:
            self._lost = True
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(Lost())
            self._writer.close()

    def _settle(self, message: dict[str, Any]) -> None:
        answer = self._waiting.get(message["id"])
        if answer is None or answer.done():  # it took too long, and nobody waits any more
            return
        if "gives" in message:
            answer.set_result(message["gives"])
        else:
            answer.set_exception(Refused(**message["refuses"]))


async def answer_calls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handle: Handler) -> None:
    """The answering end: every call gets what `handle` gives or raises, until the asking end is gone."""
    async with asyncio.TaskGroup() as group:
        calls = set[asyncio.Task[None]]()
        while (message := await _read(reader)) is not None:
            call = group.create_task(_answer(writer, message, handle))
            calls.add(call)
            call.add_done_callback(calls.discard)
        for call in calls:
            call.cancel()
    writer.close()


async def ends_of(channel: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Both directions of one end of a socket pair."""
    return await asyncio.open_connection(sock=channel, limit=LONGEST_LINE)


async def _answer(writer: asyncio.StreamWriter, message: dict[str, Any], handle: Handler) -> None:
    try:
        answer = {"gives": await handle(message["call"], message["with"])}
    except FrameliftError as error:
        answer = {"refuses": _refusal(error)}
    except Exception as error:
        logging.getLogger(__name__).exception("call %s failed", message["call"])
        answer = {"refuses": _refusal(Refused(500, f"internal error: {type(error).__name__}", "see the server's log"))}
    with contextlib.suppress(Lost):
        await _write(writer, {"id": message["id"], **answer})


def _refusal(error: FrameliftError) -> dict[str, Any]:
    status = error.status if isinstance(error, Refused) else 422
    retry_after = error.retry_after if isinstance(error, Refused) else None
    return {"status": status, "message": error.message, "hint": error.hint, "retry_after": retry_after}


async def _read(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    try:
        line = await reader.readline()
    except ConnectionError:
        return None
    return json.loads(line) if line.endswith(b"\n") else None  # half a line: the other end died while it wrote


async def _write(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    try:
        writer.write(json.dumps(message).encode() + b"\n")
        await writer.drain()
    except ConnectionError as error:
        raise Lost from error
