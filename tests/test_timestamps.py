"""The rule for timestamps."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from framelift.engine.timestamps import Timestamps
from hypothesis import given
from hypothesis import strategies as st

BASE = Fraction(1, 1000)
PAL = Fraction(25)  # 40 ticks of BASE a frame
TIME_BASES = st.builds(Fraction, st.integers(1, 2000), st.integers(1, 200_000))
INCREASING = st.lists(st.integers(-(10**6), 10**12), min_size=1, unique=True).map(sorted)


def given_pts(stamps: Timestamps, pts: list[int | None], durations: list[int] | None = None) -> list[int]:
    return [stamps.pts_of(p, d) for p, d in zip(pts, durations or [0] * len(pts), strict=True)]


@given(INCREASING, st.booleans())
def test_increasing_pts_are_kept(pts: list[int], noted: bool) -> None:
    """Rule 1, whether or not packets are noted."""
    stamps = Timestamps(PAL, BASE, in_order=True)
    for value in pts if noted else []:
        stamps.sent(value)
    assert given_pts(stamps, list(pts)) == pts
    assert stamps.made_up == 0


@given(INCREASING, st.randoms(use_true_random=False), st.integers(0, 8))
def test_pts_out_of_order_are_sorted(pts: list[int], random: object, delay: int) -> None:
    """Rule 2: timestamps come in the order of the packets, each frame `delay` packets later than its own."""
    shuffled = list(pts)
    for at in range(0, len(pts), delay + 1):  # no packet comes more than `delay` places early or late
        block = shuffled[at : at + delay + 1]
        random.shuffle(block)  # type: ignore[attr-defined]
        shuffled[at : at + delay + 1] = block
    stamps = Timestamps(PAL, BASE, in_order=False)
    shown: list[int] = []
    for number, value in enumerate(shuffled):
        stamps.sent(value)
        if number >= delay:
            shown.append(stamps.pts_of(shuffled[len(shown)], 0))
    while len(shown) < len(pts):
        shown.append(stamps.pts_of(shuffled[len(shown)], 0))
    assert shown == pts
    assert stamps.made_up == 0


@pytest.mark.parametrize(
    ("pts", "durations", "expected", "made_up"),
    [
        ([None, None, None], [0, 0, 0], [0, 40, 80], 3),
        ([None, None, None], [33, 34, 0], [0, 33, 67], 3),
        ([100, None, None, 300], [20, 0, 0, 0], [100, 120, 160, 300], 2),
        ([100, 100, 90, 200], [0, 0, 0, 0], [100, 140, 180, 200], 2),
        ([100, None, 130], [0, 0, 0], [100, 140, 180], 2),  # 130 is before what was made up
        ([None, 0, 40], [0, 0, 0], [0, 40, 80], 3),
        ([-500, None], [0, 0], [-500, -460], 1),
    ],
)
def test_missing_pts_follow_their_predecessor(
    pts: list[int | None], durations: list[int], expected: list[int], made_up: int
) -> None:
    """Rule 3."""
    stamps = Timestamps(PAL, BASE, in_order=True)
    assert given_pts(stamps, pts, durations) == expected
    assert stamps.made_up == made_up


@given(
    st.lists(st.tuples(st.none() | st.integers(-1000, 1000), st.integers(0, 50))),
    st.fractions(Fraction(1, 10), 300, max_denominator=1001),
    TIME_BASES,
)
def test_pts_always_increase(frames: list[tuple[int | None, int]], rate: Fraction, base: Fraction) -> None:
    """Also where a frame is shorter than a tick."""
    stamps = Timestamps(rate, base, in_order=True)
    made = [stamps.pts_of(pts, duration) for pts, duration in frames]
    assert all(a < b for a, b in pairwise(made))


def test_a_lost_packet_takes_its_pts_along() -> None:
    """Under rule 2 a packet the decoder refused must not give its time to the next frame."""
    stamps = Timestamps(PAL, BASE, in_order=False)
    for pts in (0, 120, 40, 80):
        stamps.sent(pts)
    stamps.lost(40)
    assert given_pts(stamps, [0, 120, 80]) == [0, 80, 120]
