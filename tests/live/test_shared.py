"""One question for all who ask at the same time."""

from __future__ import annotations

import asyncio

import pytest
from framelift.engine.live.http import shared
from framelift.engine.live.http.shared import Shared


class Source:
    """What is asked: it counts, and answers when it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.gate = asyncio.Event()

    async def __call__(self) -> int:
        self.asked += 1
        number = self.asked
        await self.gate.wait()
        return number


def test_a_thousand_at_once_ask_once() -> None:
    async def run() -> None:
        source = Source()
        answer = Shared(source)
        asking = [asyncio.create_task(answer.get()) for _ in range(1000)]
        await asyncio.sleep(0)
        source.gate.set()
        assert set(await asyncio.gather(*asking)) == {1}
        assert await answer.get() == 1  # still fresh

    asyncio.run(run())


def test_what_was_asked_before_a_change_is_not_given_after_it() -> None:
    async def run() -> None:
        source = Source()
        answer = Shared(source)
        before = asyncio.create_task(answer.get())
        await asyncio.sleep(0)
        answer.forget()
        after = asyncio.create_task(answer.get())
        await asyncio.sleep(0)
        source.gate.set()
        assert (await before, await after) == (1, 2)

    asyncio.run(run())


def test_it_is_asked_again_when_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "FRESH_SECONDS", 0.0)

    async def run() -> None:
        source = Source()
        source.gate.set()
        answer = Shared(source)
        assert [await answer.get() for _ in range(3)] == [1, 2, 3]

    asyncio.run(run())


def test_one_who_leaves_takes_nobodys_answer_along() -> None:
    async def run() -> None:
        source = Source()
        answer = Shared(source)
        first, second = (asyncio.create_task(answer.get()) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        source.gate.set()
        assert await second == 1

    asyncio.run(run())
