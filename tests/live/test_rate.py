"""The default bitrate, and what viewers' estimates make of it."""

from __future__ import annotations

import pytest
from framelift.engine.live.encoders import LEAST_BITRATE, MOST_BITRATE, RateControl, default_bitrate
from hypothesis import given
from hypothesis import strategies as st

CEILING = 4_000_000
sides = st.integers(16, 8192)
rates = st.floats(1, 240)


@pytest.mark.parametrize(
    ("size", "fps", "megabits"),
    [((1280, 720), 30, 4.0), ((640, 360), 30, 1.41), ((1920, 1080), 30, 7.35), ((3840, 2160), 30, 20.78),
     ((1280, 720), 60, 6.73)],
)  # fmt: skip
def test_the_default_is_the_documented_one(size: tuple[int, int], fps: float, megabits: float) -> None:
    assert default_bitrate(*size, fps) == pytest.approx(megabits * 1e6, abs=5_001)


@given(sides, sides, rates, st.floats(1, 4))
def test_more_pixels_or_frames_take_no_fewer_bits(width: int, height: int, fps: float, more: float) -> None:
    bitrate = default_bitrate(width, height, fps)
    assert LEAST_BITRATE <= bitrate <= MOST_BITRATE
    assert bitrate == default_bitrate(height, width, fps)
    assert bitrate <= default_bitrate(width, height, fps * more)
    assert bitrate <= default_bitrate(round(width * more), height, fps)


def running(bitrate: int, *viewers: str) -> RateControl:
    """A control that has sent frames of `bitrate` for five seconds up to time 0."""
    control = RateControl()
    for viewer in viewers:
        control.add(viewer)
    for number in range(-149, 1):
        control.sent(bitrate // 240, number / 30)
    return control


def test_nobody_lowers_it_without_an_estimate() -> None:
    assert RateControl().bitrate(CEILING, 0) == CEILING
    assert running(CEILING, "a", "b").bitrate(CEILING, 0) == CEILING


def test_a_single_viewer_is_followed_at_once_and_let_up_gently() -> None:
    control = running(CEILING, "a")
    control.estimate("a", 1_000_000, 0)
    assert control.bitrate(CEILING, 0) == 900_000
    assert control.bitrate(CEILING, 1) == pytest.approx(972_000, abs=1)
    assert control.bitrate(CEILING, 60) == CEILING


def test_an_estimate_above_what_is_sent_is_no_limit() -> None:
    """An easy picture takes few bits, and receivers estimate at most half as much again."""
    control = running(400_000, "a")
    control.estimate("a", 600_000, 0)
    assert control.bitrate(CEILING, 0) == CEILING


def test_a_slow_viewer_among_several_does_not_matter_until_it_is_alone() -> None:
    control = running(CEILING, "slow", "fast")
    control.estimate("slow", 500_000, 0)
    assert control.bitrate(CEILING, 0) == CEILING
    control.remove("fast")
    control.estimate("fast", 200_000, 0)  # its last words, too late
    assert control.bitrate(CEILING, 0) == 450_000
    control.remove("slow")
    assert control.bitrate(CEILING, 0) == CEILING


def test_it_settles_near_what_the_way_carries() -> None:
    """Receivers estimate 85 % of what arrives when they see a queue; the way here carries 1 Mb/s."""
    control, encoded, way = running(CEILING, "a"), [], 1_000_000
    bitrate = CEILING
    for number in range(1, 1800):
        now = number / 30
        control.sent(bitrate // 240, now)
        if number % 30 == 0:
            control.estimate("a", round(0.85 * way) if bitrate > way else round(1.5 * bitrate), now)
        bitrate = control.bitrate(CEILING, now)
        encoded.append(bitrate)
    assert max(encoded[60:]) <= 1.1 * way
    assert sum(encoded[60:]) / len(encoded[60:]) >= 0.75 * way


@given(st.lists(st.tuples(st.integers(0, 100_000_000), st.floats(0, 30)), min_size=1), st.floats(0.001, 10))
def test_it_stays_within_bounds_and_never_rises_faster(estimates: list[tuple[int, float]], later: float) -> None:
    control, now = running(CEILING, "a"), 0.0
    for estimate, pause in estimates:
        now += pause
        control.sent(10_000, now)
        control.estimate("a", estimate, now)
        before, after = control.bitrate(CEILING, now), control.bitrate(CEILING, now + later)
        assert LEAST_BITRATE <= before <= after <= CEILING
        assert after <= max(LEAST_BITRATE, (before + 1) * 1.08**later) + 1
    assert control.bitrate(CEILING, now + 60) == CEILING


def test_it_holds_for_days() -> None:
    control = running(CEILING, "limited", "unlimited")
    control.estimate("limited", 500_000, 0)
    assert control.bitrate(CEILING, 1e7) == CEILING
    control.remove("unlimited")
    assert control.bitrate(CEILING, 1e7) == CEILING
