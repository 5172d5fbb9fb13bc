"""One stream for many viewers: what each gets always decodes, and none notices another."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable
from fractions import Fraction
from functools import wraps
from itertools import pairwise
from typing import ParamSpec

import pytest
from framelift.engine.frame import Ledger
from framelift.engine.live.encoded import RTP_TIME_BASE, EncodedFrame
from framelift.engine.live.encoders import open_encoder
from framelift.engine.live.fanout import Fanout, Seat
from framelift.engine.live.slot import Closed
from hypothesis import given
from hypothesis import strategies as st
from scenes import decoded, luma_psnr, pan, upscaled

HELD = 5  # frames a seat holds here
Arguments = ParamSpec("Arguments")


def in_a_loop(test: Callable[Arguments, None]) -> Callable[Arguments, None]:
    @wraps(test)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        async def body() -> None:
            test(*args, **kwargs)

        asyncio.run(body())

    return run


def encoded(number: int, keyframe: bool) -> EncodedFrame:
    return EncodedFrame(b"", "h264", keyframe, number, RTP_TIME_BASE, 64, 48, Ledger())


class Stream:
    """An encoder's side: numbered frames, a keyframe where one is asked for, as late as a limit on them makes it."""

    def __init__(self, delay: int = 0) -> None:
        self.fanout = Fanout(self._request, HELD)
        self.sent = 0
        self.requests = 0
        self._delay, self._due = delay, -1

    def _request(self) -> None:
        self.requests += 1
        self._due = self.sent + self._delay

    def send(self, keyframe: bool = False) -> EncodedFrame:
        frame = encoded(self.sent, keyframe or self.sent == self._due)
        self.sent += 1
        self.fanout.send(frame)
        return frame


def read(seat: Seat) -> EncodedFrame | None:
    """The next frame; None where there is none yet."""
    attempt = seat.next()
    try:
        attempt.send(None)
    except StopIteration as done:
        frame: EncodedFrame = done.value
        return frame
    attempt.close()  # as a cancelled task does
    return None


ACTIONS = st.one_of(
    st.sampled_from(["send", "send", "send", "keyframe", "add"]),
    st.tuples(st.sampled_from(["read", "read", "read", "remove"]), st.integers(0, 5)),
)


@given(st.lists(ACTIONS, max_size=200), st.integers(0, 8))
@in_a_loop
def test_what_a_viewer_gets_always_decodes(actions: list[str | tuple[str, int]], delay: int) -> None:
    """It starts at a keyframe, and none is missing between keyframes; what is not given is counted."""
    stream = Stream(delay)
    seats: list[tuple[Seat, int, list[EncodedFrame]]] = []
    for action in actions:
        if action == "add":
            seats.append((stream.fanout.add(), stream.sent, []))
        elif isinstance(action, str):
            stream.send(keyframe=action == "keyframe")
        elif seats:
            seat, _, got = place = seats[action[1] % len(seats)]
            if action[0] == "remove":
                stream.fanout.remove(seat)
                seats.remove(place)
                assert_decodes(got)
            elif (frame := read(seat)) is not None:
                got.append(frame)
    assert stream.fanout.viewers == len(seats)
    for seat, since, got in seats:
        while (frame := read(seat)) is not None:
            got.append(frame)
        assert_decodes(got)
        assert len(got) + seat.dropped == stream.sent - since


def assert_decodes(got: list[EncodedFrame]) -> None:
    assert all(frame.keyframe for frame in got[:1])
    assert all(b.keyframe or b.pts == a.pts + 1 for a, b in pairwise(got))
    assert all(b.pts > a.pts for a, b in pairwise(got))


@given(st.lists(st.integers(0, 2 * HELD), min_size=1, max_size=60))
@in_a_loop
def test_a_viewer_that_reads_misses_nothing_whatever_others_do(reads_of_the_other: list[int]) -> None:
    stream = Stream()
    seat, other = stream.fanout.add(), stream.fanout.add()
    for reads in reads_of_the_other:
        frame = stream.send()
        assert read(seat) is frame
        for _ in range(reads):
            read(other)
    assert seat.dropped == 0


@in_a_loop
def test_a_viewer_that_never_reads_costs_little_and_asks_for_nothing() -> None:
    stream = Stream()
    reader = stream.fanout.add()
    stream.fanout.add()
    sent = []
    for _ in range(1000):
        sent.append(weakref.ref(stream.send()))
        assert read(reader) is not None
    gc.collect()
    assert sum(frame() is not None for frame in sent) <= HELD
    assert stream.requests == 1


@in_a_loop
def test_a_viewer_that_comes_back_goes_on_at_the_newest_keyframe() -> None:
    stream = Stream()
    seat = stream.fanout.add()
    for _ in range(2 * HELD):
        stream.send()
    stream.send(keyframe=True)
    stream.send()
    assert [frame and frame.pts for frame in (read(seat), read(seat), read(seat))] == [2 * HELD, 2 * HELD + 1, None]
    assert seat.dropped == 2 * HELD


@in_a_loop
def test_requests_for_a_keyframe_are_merged() -> None:
    stream = Stream(delay=3)
    seats = [stream.fanout.add() for _ in range(20)]
    for _ in range(3):
        stream.send()
        assert [read(seat) for seat in seats] == [None] * 20
    frame = stream.send()
    assert [read(seat) for seat in seats] == [frame] * 20
    assert stream.requests == 1
    stream.fanout.add()
    assert stream.requests == 2


def test_waiting_ends_with_a_frame_or_with_the_seat() -> None:
    async def scenario() -> None:
        stream = Stream()
        seat = stream.fanout.add()
        waiting = asyncio.create_task(seat.next())
        await asyncio.sleep(0)
        frame = stream.send()
        assert await waiting is frame
        impatient = asyncio.create_task(seat.next())
        await asyncio.sleep(0)
        impatient.cancel()
        frame = stream.send()
        assert await seat.next() is frame
        waiting = asyncio.create_task(seat.next())
        await asyncio.sleep(0)
        stream.fanout.close()
        with pytest.raises(Closed):
            await waiting
        with pytest.raises(Closed):
            await seat.next()
        assert stream.fanout.viewers == 0
        stream.fanout.remove(seat)  # a second time
        stream.send()

    asyncio.run(asyncio.wait_for(scenario(), 30))


@in_a_loop
def test_four_viewers_share_one_encode() -> None:
    """One of them joins late, and one stops reading for a while."""
    pictures = list(pan(96, 64, 60))
    encoder = open_encoder("h264", hardware=False)
    fanout = Fanout(encoder.request_keyframe, HELD)
    seats = [fanout.add() for _ in range(3)]
    got: list[list[EncodedFrame]] = [[], [], [], []]
    for number, picture in enumerate(pictures):
        if number == 20:
            seats.append(fanout.add())
        frame = encoder.encode(upscaled(picture, number, Fraction(1, 30)))
        assert frame is not None
        fanout.send(frame)
        for place, seat in enumerate(seats):
            while (place != 2 or not 10 <= number < 30) and (newest := read(seat)) is not None:
                got[place].append(newest)
    encoder.close()
    assert encoder.counts.frames == 60
    assert [len(frames) for frames in got[:2]] == [60, 60]
    assert len(got[3]) == 40
    assert 30 <= len(got[2]) < 60
    assert all(a is b for a, b in zip(got[0][20:], got[3], strict=True))
    for frames in got:
        for frame, picture in zip(frames, decoded(frames), strict=True):
            assert luma_psnr(picture, pictures[frame.pts // 3000]) > 35
