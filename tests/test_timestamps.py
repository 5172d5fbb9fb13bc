"""The rule for timestamps, and their rounding as FFmpeg does it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.packet import Packet
from av.rational import AVRational
from av.stream import Stream
from framelift.engine.timestamps import Timestamps, rescaled
from hypothesis import given
from hypothesis import strategies as st

BASE = Fraction(1, 1000)
PAL = Fraction(25)  # 40 ticks of BASE a frame
INCREASING = st.lists(st.integers(-(10**6), 10**12), min_size=1, unique=True).map(sorted)
TIME_BASES = st.builds(Fraction, st.integers(1, 2000), st.integers(1, 200_000))


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
    assert all(a < b for a, b in zip(made, made[1:], strict=False))


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (1, Fraction(1001, 30000), BASE, 33),
        (1, Fraction(1, 2000), BASE, 1),  # halves away from zero
        (3, Fraction(1, 2000), BASE, 2),
        (-1, Fraction(1, 2000), BASE, -1),
        (-3, Fraction(1, 2000), BASE, -2),
        (0, BASE, Fraction(1, 90_000), 0),
    ],
)
def test_known_roundings(value: int, source: Fraction, target: Fraction, expected: int) -> None:
    assert rescaled(value, source, target) == expected


@given(st.integers(-(2**40), 2**40), TIME_BASES, TIME_BASES)
def test_rescaled_is_the_nearest_tick_as_in_ffmpeg(value: int, source: Fraction, target: Fraction) -> None:
    result = rescaled(value, source, target)
    assert abs(result * target - value * source) <= target / 2
    packet = Packet(1)
    packet.time_base, packet.pts = source, value
    packet.rescale_ts(AVRational(target.numerator, target.denominator))
    assert packet.pts == result


@pytest.mark.parametrize("suffix", ["mkv", "nut"])
@given(
    ticks=st.lists(st.integers(0, 100_000), min_size=1, max_size=8, unique=True).map(sorted),
    source=st.sampled_from([Fraction(1001, 30_000), Fraction(1, 2000), Fraction(1, 90_000), Fraction(7, 600)]),
)
def test_a_container_keeps_the_rounded_pts(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, ticks: list[int], source: Fraction
) -> None:
    path = tmp_path_factory.mktemp("pts") / f"a.{suffix}"
    target = write_packets(path, ticks, source)
    rounded = sorted({rescaled(pts, source, target) for pts in ticks})  # what is at one time is not written twice
    with av.open(str(path)) as file:
        assert [packet.pts for packet in file.demux(audio=0) if packet.size] == rounded
        assert file.streams.audio[0].time_base == target


def write_packets(path: Path, ticks: list[int], base: Fraction) -> Fraction:
    """A file with a packet of sound at each of `ticks`; returns the time base of its stream."""
    last = None
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_s16le", rate=8000)
        file.start_encoding()
        assert stream.time_base is not None
        for pts in ticks:
            if rescaled(pts, base, stream.time_base) != last:
                last = rescaled(pts, base, stream.time_base)
                packet: Packet[Stream] = Packet(bytes(4))
                packet.stream, packet.time_base, packet.pts, packet.dts = stream, base, pts, pts
                file.mux_one(packet)
        return stream.time_base
