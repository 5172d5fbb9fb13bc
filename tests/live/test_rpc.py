from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from framelift.engine.errors import UsageError
from framelift.engine.live.host.rpc import Caller, Lost, answer_calls, ends_of
from framelift.engine.live.refused import Refused


class Answering:
    """The other end: what it does with each call, and what it was asked."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.asked: list[str] = []

    async def handle(self, call: str, arguments: dict[str, Any]) -> Any:
        self.asked.append(call)
        match call:
            case "echo":
                return arguments
            case "wait":
                await self.gate.wait()
                return "waited"
            case "refuse":
                raise Refused(409, "taken", "wait", retry_after=7)
            case "wrong":
                raise UsageError("no such model", "choose another")
            case _:
                raise ZeroDivisionError("a bug")


@contextlib.asynccontextmanager
async def joined() -> AsyncIterator[tuple[Caller, Answering, socket.socket]]:
    ours, theirs = socket.socketpair()
    answering = Answering()
    caller = Caller(*await ends_of(ours))
    async with asyncio.TaskGroup() as group:
        group.create_task(caller.listen())
        group.create_task(answer_calls(*await ends_of(theirs), answering.handle))
        yield caller, answering, theirs
        with contextlib.suppress(OSError):  # closed already
            ours.shutdown(socket.SHUT_RDWR)


def test_values_arrive_as_they_were_sent() -> None:
    value = {"text": 'v=0\r\n"ö\u2028\x00', "list": [1, 2.5, None, True], "long": "x" * 200_000}

    async def run() -> None:
        async with joined() as (caller, _, _):
            assert await caller.call("echo", value, 5) == value

    asyncio.run(run())


def test_a_slow_call_holds_no_other_up() -> None:
    async def run() -> None:
        async with joined() as (caller, answering, _):
            slow = asyncio.create_task(caller.call("wait", {}, 5))
            assert await caller.call("echo", {"n": 1}, 5) == {"n": 1}
            assert not slow.done()
            answering.gate.set()
            assert await slow == "waited"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("call", "status", "retry_after"), [("refuse", 409, 7), ("wrong", 422, None), ("break", 500, None)]
)
def test_errors_arrive_with_their_status(call: str, status: int, retry_after: int | None) -> None:
    async def run() -> Refused:
        async with joined() as (caller, _, _):
            with pytest.raises(Refused) as caught:
                await caller.call(call, {}, 5)
            assert await caller.call("echo", {}, 5) == {}  # and the other end still answers
            return caught.value

    refused = asyncio.run(run())
    assert (refused.status, refused.retry_after) == (status, retry_after)
    assert refused.message
    assert refused.hint


def test_the_death_of_the_other_end_fails_every_call() -> None:
    async def run() -> None:
        async with joined() as (caller, answering, theirs):
            waiting = asyncio.create_task(caller.call("wait", {}, 60))
            await caller.call("echo", {}, 5)
            assert set(answering.asked) == {"wait", "echo"}
            theirs.shutdown(socket.SHUT_RDWR)
            with pytest.raises(Lost):
                await waiting
            with pytest.raises(Lost):
                await caller.call("echo", {}, 5)

    asyncio.run(run())


def test_a_call_nobody_waits_for_any_more_is_forgotten() -> None:
    async def run() -> None:
        async with joined() as (caller, answering, _):
            with pytest.raises(TimeoutError):
                await caller.call("wait", {}, 0.01)
            answering.gate.set()  # its answer comes now, and finds nobody
            assert await caller.call("echo", {"n": 2}, 5) == {"n": 2}

    asyncio.run(run())


def test_calls_end_with_the_asking_end() -> None:
    async def run() -> None:
        ours, theirs = socket.socketpair()
        answering = Answering()
        serving = asyncio.create_task(answer_calls(*await ends_of(theirs), answering.handle))
        caller = Caller(*await ends_of(ours))
        listening = asyncio.create_task(caller.listen())
        waiting = asyncio.create_task(caller.call("wait", {}, 60))
        await caller.call("echo", {}, 5)
        ours.shutdown(socket.SHUT_RDWR)
        await asyncio.wait_for(serving, 5)  # though its call never ended
        await asyncio.wait_for(listening, 5)
        with pytest.raises(Lost):
            await waiting

    asyncio.run(run())
