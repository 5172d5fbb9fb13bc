"""Channels and the crew: bounded, in order, and always ended."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from framelift.engine.channel import Cancelled, Channel, Crew, Waits
from hypothesis import given, settings
from hypothesis import strategies as st

PATIENCE = 30  # seconds until a thread that should end counts as stuck; none of the tests waits for it


@contextmanager
def thread(work: Callable[[], object]) -> Iterator[threading.Thread]:
    """A thread that must have ended soon after the body."""
    started = threading.Thread(target=work, daemon=True)
    started.start()
    yield started
    started.join(PATIENCE)
    assert not started.is_alive()


def cancelled(work: Callable[[], object], into: list[str]) -> Callable[[], None]:
    """`work`, which must be stopped; then notes so."""

    def run() -> None:
        try:
            work()
        except Cancelled:
            into.append("cancelled")

    return run


def wait_for(crew: Crew) -> None:
    crew.wait(0.01, lambda: None)


@settings(max_examples=30)
@given(st.integers(1, 5), st.integers(0, 200))
def test_all_items_come_in_order_and_never_too_many_wait(capacity: int, count: int) -> None:
    channel: Channel[int] = Channel(capacity)
    handed_over = 0

    def produce() -> None:
        nonlocal handed_over
        for number in range(count):
            channel.put(number)
            handed_over = number + 1
        channel.close()

    taken = 0
    with thread(produce):
        for item in channel:
            assert item == taken
            taken += 1
            assert handed_over <= taken + capacity
    assert taken == count


def test_a_channel_ends_when_all_producers_have_closed() -> None:
    channel: Channel[int] = Channel(8, producers=2)
    channel.put(1)
    channel.close()
    taken: list[int] = []
    with thread(lambda: taken.extend(channel)):
        channel.put(2)  # by the second producer, though the first has closed
        channel.close()
    assert taken == [1, 2]


def test_what_waits_in_a_closed_channel_is_still_taken() -> None:
    channel: Channel[int] = Channel(3)
    for item in range(3):
        channel.put(item)
    channel.close()
    assert list(channel) == [0, 1, 2]
    assert list(channel) == []


def test_cancelling_wakes_everybody() -> None:
    full, empty, noted = Channel[int](1), Channel[int](1), list[str]()
    full.put(0)
    waiting = [lambda: full.put(1), lambda: full.put(2), lambda: list(empty), lambda: list(empty)]
    threads = [threading.Thread(target=cancelled(work, noted), daemon=True) for work in waiting]
    for each in threads:
        each.start()
    full.cancel()
    empty.cancel()
    for each in threads:
        each.join(PATIENCE)
    assert noted == ["cancelled"] * 4


def test_a_cancelled_channel_takes_and_gives_nothing() -> None:
    channel: Channel[int] = Channel(2)
    channel.put(1)
    channel.close()
    channel.cancel()
    with pytest.raises(Cancelled):
        channel.put(2)
    with pytest.raises(Cancelled):
        list(channel)


def test_a_crew_ends_when_its_work_is_done() -> None:
    taken: list[int] = []
    with Crew() as crew:
        numbers: Channel[int] = crew.channel(2)
        squares: Channel[int] = crew.channel(2)

        def produce() -> None:
            for number in range(50):
                numbers.put(number)

        def square() -> None:
            for number in numbers:
                squares.put(number**2)

        crew.start("produce", produce, numbers)
        crew.start("square", square, squares)
        crew.start("collect", lambda: taken.extend(squares))
        wait_for(crew)
    assert taken == [number**2 for number in range(50)]


def test_the_first_error_ends_all_and_is_raised() -> None:
    """Threads that fail because of it, later, do not hide it."""
    noted: list[str] = []
    with Crew() as crew:
        never: Channel[int] = crew.channel(1)
        full: Channel[int] = crew.channel(1)
        full.put(0)

        def fail() -> None:
            raise ValueError("the first")

        def fail_later() -> None:
            try:
                list(never)
            except Cancelled as error:  # the first error is known by now
                raise OSError("the second") from error

        crew.start("later", fail_later)
        crew.start("stuck", cancelled(lambda: full.put(1), noted), never)
        crew.start("first", fail)
        with pytest.raises(ValueError, match="the first"):
            wait_for(crew)
    assert noted == ["cancelled"]


def test_an_error_is_raised_even_when_nobody_waits_on_a_channel() -> None:
    def fail() -> None:
        raise RuntimeError("broken")

    with Crew() as crew:
        crew.start("fail", fail)
        with pytest.raises(RuntimeError, match="broken"):
            wait_for(crew)


def test_what_a_failed_producer_has_put_does_not_look_whole() -> None:
    """Its channel is cancelled, not closed, so the consumer does not finish as if that were all."""
    finished: list[str] = []
    with Crew() as crew:
        channel: Channel[int] = crew.channel(4)

        def produce() -> None:
            channel.put(1)
            raise RuntimeError("broken")

        def consume() -> None:
            list(channel)
            finished.append("whole")

        crew.start("consume", consume)
        crew.start("produce", produce, channel)
        with pytest.raises(RuntimeError, match="broken"):
            wait_for(crew)
    assert finished == []


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_caller_leaves_no_thread(interruption: type[BaseException]) -> None:
    noted: list[str] = []
    begun = threading.Barrier(2)

    def endless(channel: Channel[int]) -> None:
        begun.wait(PATIENCE)
        while True:
            channel.put(0)

    def interrupt() -> None:
        raise interruption

    def call() -> None:
        with Crew() as crew:
            channel: Channel[int] = crew.channel(1)
            crew.start("endless", cancelled(lambda: endless(channel), noted), channel)
            begun.wait(PATIENCE)
            crew.wait(0.01, interrupt)

    with pytest.raises(interruption):
        call()
    assert noted == ["cancelled"]
    assert not any(each.name == "framelift-endless" for each in threading.enumerate())


def test_the_caller_hears_of_progress_from_the_beginning_to_the_end() -> None:
    """The thread goes on only when it was reported while it waited."""
    reported, ended = threading.Semaphore(0), threading.Event()
    known: list[bool] = []

    def work() -> None:
        for _ in range(3):
            assert reported.acquire(timeout=PATIENCE)
        ended.set()

    def report() -> None:
        known.append(ended.is_set())
        reported.release()

    with Crew() as crew:
        crew.start("wait", work)
        crew.wait(0.01, report)
    assert known[0] is False
    assert known[-1] is True


class Clock:
    """Stands for `perf_counter`; `entered` is set when a thread of the name `waiting` has read it."""

    def __init__(self, waiting: str) -> None:
        self.now, self.entered, self._waiting = 0.0, threading.Event(), waiting

    def __call__(self) -> float:
        now = self.now
        if threading.current_thread().name == self._waiting:
            self.entered.set()
        return now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock("framelift-wait")
    monkeypatch.setattr("framelift.engine.channel.perf_counter", made)
    return made


def test_waiting_for_something_to_take_is_noted(clock: Clock) -> None:
    with Crew() as crew:
        channel: Channel[int] = crew.channel(1)
        crew.start("wait", lambda: deque(channel, maxlen=0).clear())
        assert clock.entered.wait(PATIENCE)
        clock.now = 5.0
        channel.put(1)
        channel.close()
        wait_for(crew)
        assert crew.waits("wait") == Waits(starved=5.0, blocked=0.0)
        assert crew.waits("another") == Waits()


def test_waiting_for_room_is_noted(clock: Clock) -> None:
    with Crew() as crew:
        channel: Channel[int] = crew.channel(1)
        channel.put(1)
        crew.start("wait", lambda: channel.put(2), channel)
        assert clock.entered.wait(PATIENCE)
        clock.now = 3.0
        assert list(channel) == [1, 2]
        wait_for(crew)
        assert crew.waits("wait") == Waits(starved=0.0, blocked=3.0)


def test_waiting_for_its_turn_is_noted_and_threads_of_one_name_are_one(clock: Clock) -> None:
    with Crew() as crew:
        channel: Channel[int] = crew.channel(8, producers=2)
        crew.start("wait", lambda: channel.put(1, turn=1), channel)
        assert clock.entered.wait(PATIENCE)
        clock.now = 2.0
        crew.start("wait", lambda: channel.put(0, turn=0), channel)
        assert list(channel) == [0, 1]
        wait_for(crew)
        assert crew.waits("wait") == Waits(starved=0.0, blocked=2.0)
