"""The hand-over that keeps the newest."""

from __future__ import annotations

import threading

import pytest
from framelift.engine.live.slot import Closed, Slot
from framelift.engine.live.stage import Stage
from hypothesis import given
from hypothesis import strategies as st

WAIT = 30.0  # seconds after which a test gives up; nothing here takes as long


@given(st.lists(st.booleans(), max_size=40))
def test_it_gives_the_newest_and_counts_the_rest(puts: list[bool]) -> None:
    """Any order of putting (True) and taking (False, where something is there)."""
    slot: Slot[int] = Slot()
    held: list[int] = []
    put = taken = 0
    for number, is_put in enumerate(puts):
        if is_put:
            assert slot.put(number) == (held[0] if held else None)
            held, put = [number], put + 1
        elif held:
            assert slot.take() == held.pop()
            taken += 1
        assert put == taken + len(held) + slot.dropped


def test_a_slot_passes_between_threads_in_order_and_loses_only_what_it_counts() -> None:
    slot: Slot[int] = Slot()
    got: list[int] = []

    def take() -> None:
        while not got or got[-1] != 9999:
            got.append(slot.take())

    taker = threading.Thread(target=take)
    taker.start()
    for number in range(10_000):
        slot.put(number)
    taker.join(WAIT)
    assert not taker.is_alive()
    assert got == sorted(set(got))
    assert len(got) + slot.dropped == 10_000


def test_closing_wakes_all_who_wait() -> None:
    slot: Slot[int] = Slot()
    ended: list[str] = []

    def take() -> None:
        with pytest.raises(Closed):
            slot.take()
        ended.append("closed")

    takers = [threading.Thread(target=take) for _ in range(3)]
    for taker in takers:
        taker.start()
    slot.close()
    for taker in takers:
        taker.join(WAIT)
    assert ended == ["closed"] * 3


def test_a_closed_slot_holds_nothing() -> None:
    slot: Slot[int] = Slot()
    slot.put(1)
    slot.close()
    assert slot.put(2) is None
    with pytest.raises(Closed):
        slot.take()
    assert slot.dropped == 0


def test_a_stage_goes_on_after_an_error() -> None:
    done: list[int] = []
    errors: list[Exception] = []
    worked = threading.Semaphore(0)

    def work(number: int) -> None:
        try:
            done.append(10 // number)
        finally:
            worked.release()

    stage = Stage("test", work, errors.append)
    for number in (5, 0, 2):
        stage.put(number)
        assert worked.acquire(timeout=WAIT)
    stage.close()
    assert done == [2, 5]
    assert [type(error) for error in errors] == [ZeroDivisionError]


def test_a_stage_may_end_itself() -> None:
    ended = threading.Event()

    def work(_: int) -> None:
        stage.close()
        ended.set()

    stage = Stage("test-own-end", work, lambda _: None)
    stage.put(1)
    assert ended.wait(WAIT)
    stage.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "framelift-test-own-end"]
