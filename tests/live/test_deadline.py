"""The deadline, in simulated streams."""

from __future__ import annotations

import math
from statistics import median

import numpy as np
import pytest
from framelift.engine.live.deadline import Deadline
from framelift.engine.live.interval import LEAST, MOST, UNKNOWN, FrameInterval
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from simulation import Stream

FAST = settings(max_examples=40)


costs = st.lists(st.floats(0.0005, 1.0), min_size=1, max_size=4).map(lambda found: sorted(found, reverse=True))
intervals = st.sampled_from([1 / 60, 1 / 30, 1 / 25, 1 / 15])


def best_of(stream: Stream) -> int:
    """By the definition: the first that fits into the budget, and keeps up with the frames; else the lightest.

    Where the encoder alone is beyond the budget, every rung is late, and the upscaler's own time decides.
    """
    budget = stream.budget or stream.interval
    left = budget if stream.encode > budget else budget - stream.encode
    fits = [cost <= min(left, stream.interval) for cost in stream.costs]
    return fits.index(True) if True in fits else len(fits) - 1


def clear_cut(stream: Stream) -> bool:
    """No rung fits only just, or just not."""
    budget = stream.budget or stream.interval
    return all(
        abs(math.log(taken / given)) > 0.05
        for cost in stream.costs
        for taken, given in (
            (cost + stream.encode, budget),
            (cost, stream.interval),
            (cost, budget),
            (stream.encode, budget),
        )
    )


@FAST
@given(costs, st.floats(0.05, 3.0), intervals, st.sampled_from([None, 0.02, 0.05, 0.2]))
def test_it_finds_the_best_rung_that_fits_and_stays_on_time(
    costs: list[float], encode: float, interval: float, budget: float | None
) -> None:
    stream = Stream(costs, encode * interval, interval, budget=budget)
    assume(clear_cut(stream))
    best, settled = best_of(stream), 6.0
    stream.run(120.0)
    assert stream.made_by(best, settled) > 0.97
    if costs[best] + stream.encode <= (budget or interval) and max(costs[best], stream.encode) <= interval:
        assert stream.late(settled) < 0.04


@FAST
@given(st.floats(3.0, 10.0), st.floats(0.05, 0.3), intervals)
def test_an_overload_is_answered_within_a_few_frames_and_undone_when_it_ends(
    factor: float, cost: float, interval: float
) -> None:
    """The better rung fits with ease, until everything takes `factor` times as long for ten seconds."""
    heavy, light, encode = (share * cost * interval for share in (2.0, 0.3, 0.3))
    assume((heavy + encode) * factor > 1.1 * interval)
    stream = Stream([heavy, light], encode, interval, lambda now: factor if 40 <= now < 50 else 1.0)
    stream.run(250.0)
    (left, to), *_ = [change for change in stream.rungs if change[0] >= 40]
    assert to == 1
    assert left - 40 < 8 * interval + 3 * heavy * factor
    assert stream.rungs[-1][1] == 0
    assert stream.made_by(0, 200.0) > 0.99


@FAST
@given(st.integers(0, 1000), st.floats(0.2, 0.5))
def test_noise_does_not_move_it(seed: int, share: float) -> None:
    """Each frame's cost is off by up to a third, and one of 200 takes three times as long: a busy machine."""
    rng, interval = np.random.default_rng(seed), 1 / 30
    stream = Stream([share * interval, 0.1 * interval], 0.1 * interval, interval)
    stream.load = lambda _: 3.0 if rng.random() < 0.005 else rng.uniform(0.75, 1.33)
    stream.run(300.0)
    assert len(stream.rungs) - 1 <= 6
    assert stream.made_by(0, 0.0) > 0.95


@FAST
@given(st.floats(0.5, 20.0))
def test_a_load_that_comes_and_goes_does_not_make_it_flap(period: float) -> None:
    interval = 1 / 30
    stream = Stream([0.6 * interval, 0.1 * interval], 0.1 * interval, interval)
    stream.load = lambda now: 3.0 if now % period < period / 2 else 1.0
    stream.run(300.0)
    tries = [now for now, rung in stream.rungs[1:] if rung == 0]
    assert len(tries) <= 12


@FAST
@given(st.floats(0.2, 3.0))
def test_a_rung_that_takes_very_long_is_tried_very_seldom(cost: float) -> None:
    stream = Stream([cost, 0.003], 0.003, 1 / 30).run(300.0)
    assert len(stream.drops) / 30 < 0.02 * 300


def test_an_encoder_that_is_too_slow_keeps_the_model() -> None:
    """No rung can help; and nothing waits for longer than a slot holds it."""
    stream = Stream([0.01, 0.005, 0.001], 0.1, 1 / 30).run(60.0)
    assert stream.made_by(0, 0.0) == 1.0
    assert stream.unencoded > 0.6 * 60 * 30
    assert max(stayed for came, stayed, _ in stream.done) <= 0.01 + 1 / 30 + 2 * 0.1


def test_a_burst_is_no_overload() -> None:
    """Frames that a network held back and then lets go at once replace each other."""
    deadline = Deadline(None, 0.0)
    deadline.restart(0.0, 2)
    now = 0.0
    for _ in range(200):
        now += 0.1
        deadline.take(now)
        for _ in range(2):
            deadline.dropped(0.001, now)
        deadline.stayed(0, 0.02, now + 0.02)
    assert deadline.rung == 0


def test_frames_that_waited_for_the_heavier_rung_say_nothing_of_the_lighter_one() -> None:
    deadline = Deadline(None, 0.0)
    deadline.restart(0.0, 3)
    for frame in range(5):
        deadline.take(frame / 30)
        deadline.stayed(0, 0.05, frame / 30 + 0.05)
    assert deadline.rung == 1
    for number in range(20):
        deadline.dropped(1 / 30, 0.25 + number / 30)
    deadline.take(1.0)
    for _ in range(20):
        deadline.dropped(0.5, 1.1)
        deadline.stayed(1, 0.5, 1.1)
    assert deadline.rung == 1
    for _ in range(5):
        deadline.dropped(0.05, 1.1)
    assert deadline.rung == 2


def test_a_model_that_is_not_ready_is_not_blamed() -> None:
    """While it is opened, the lightest rung serves, and is late: the model keeps its turn."""
    deadline = Deadline(None, 0.0)
    deadline.restart(0.0, 3)
    for frame in range(40):
        deadline.take(frame / 30)
        deadline.stayed(2, 0.2, frame / 30 + 0.2)
    assert deadline.rung == 0


def test_other_frames_keep_the_rung_and_forget_what_was_measured() -> None:
    deadline = Deadline(None, 0.0)
    deadline.restart(0.0, 3)
    for frame in range(10):
        deadline.take(frame / 30)
        deadline.stayed(0, 0.05, frame / 30 + 0.05)
    assert deadline.rung == 1
    deadline.take(1.0)
    for _ in range(2):
        deadline.stayed(1, 0.05, 1.06)
    deadline.restart(1.1)
    deadline.take(1.2)
    deadline.stayed(1, 0.05, 1.26)
    assert deadline.rung == 1
    deadline.restart(1.3, 2)
    assert deadline.rung == 0


@given(st.lists(st.floats(0.001, 2.0), min_size=2, max_size=31))
def test_the_interval_is_the_median(gaps: list[float]) -> None:
    interval, time = FrameInterval(), 0.0
    interval.add(time)
    assert interval.seconds == UNKNOWN
    for gap in gaps:
        time += gap
        interval.add(time)
    assert interval.seconds == pytest.approx(min(max(median(gaps), LEAST), MOST))


@pytest.mark.parametrize("jump", [-1000.0, 0.0, 1000.0])
def test_a_jump_of_the_clock_does_not_move_the_interval(jump: float) -> None:
    interval = FrameInterval()
    for frame in range(100):
        interval.add(frame / 50 + (jump if frame >= 50 else 0.0))
    assert interval.seconds == pytest.approx(0.02)
