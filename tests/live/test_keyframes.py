"""When a keyframe is due, how fast a stream goes, and which level it has."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from av.video.codeccontext import VideoCodecContext
from framelift.engine.live.encoders.base import Profile
from framelift.engine.live.encoders.keyframes import KeyframeRequests
from framelift.engine.live.encoders.levels import level_for
from framelift.engine.live.encoders.pace import TICKS, Pace
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.tuples(st.integers(1, 200), st.booleans()), max_size=100))
def test_requests_are_kept_spaced_and_merged(frames: list[tuple[int, bool]]) -> None:
    requests, now, made, wanted = KeyframeRequests(gap=100), 0, [-300], False
    requests.made(-300)
    for interval, asked in frames:
        now += interval
        if asked:
            requests.request()
        wanted = wanted or asked
        assert requests.due(now) == (wanted and now - made[-1] >= 100)
        if requests.due(now):
            requests.made(now)
            made.append(now)
            wanted = False
            assert not requests.due(now)


def test_the_first_request_is_served_at_once() -> None:
    requests = KeyframeRequests()
    assert not requests.due(0)
    requests.request()
    assert requests.due(0)


@given(st.floats(1, 240), st.integers(-(1 << 40), 1 << 40), st.integers(3, 60))
def test_a_steady_pace_is_found(fps: float, start: int, count: int) -> None:
    pace = Pace()
    for number in range(count):
        pace.step(start + round(number * TICKS / fps))
    assert pace.fps == pytest.approx(fps, rel=0.01)


def test_lost_frames_slow_the_pace() -> None:
    pace = Pace()
    for number in range(200):
        if number % 3:
            pace.step(3000 * number)
    assert pace.fps == pytest.approx(20, rel=0.05)


def test_a_known_duration_tells_the_pace_with_the_first_frame() -> None:
    pace = Pace()
    assert pace.fps == 30
    pace.step(0, duration=1500)
    assert pace.fps == 60


def test_a_slide_show_is_slow_and_ticks_are_no_pace() -> None:
    slides, ticks = Pace(), Pace()
    for number in range(100):
        slides.step(5 * TICKS * number)
        ticks.step(number)
    assert slides.fps == 1
    assert ticks.fps == 240


def test_a_first_duration_is_bounded_like_an_interval() -> None:
    for duration, fps in ((5 * TICKS, 1), (1, 240), (0, 30)):
        pace = Pace()
        pace.step(0, duration)
        assert pace.fps == fps


@given(st.lists(st.integers(-(1 << 32), 1 << 32), min_size=2))
def test_elapsed_time_is_the_streams_and_rises_whatever_it_does(steps: list[int]) -> None:
    pace, pts, elapsed = Pace(), 0, list[int]()
    for step in steps:
        pts += step
        pace.step(pts)
        elapsed.append(pace.elapsed)
    for (a, b), step in zip(pairwise(elapsed), steps[1:], strict=True):
        assert b - a == max(step, TICKS // 240)


@given(st.lists(st.integers(-(1 << 32), 1 << 32), min_size=1))
def test_the_codecs_clock_is_steady_whatever_the_stream_does(steps: list[int]) -> None:
    pace, times, pts = Pace(), [], 0
    for step in steps:
        pts += step
        times.append(pace.step(pts))
    assert all(0 < b - a <= TICKS for a, b in pairwise(times))


def test_the_codecs_clock_keeps_up_with_the_stream() -> None:
    """A third of the frames is lost."""
    pace = Pace()
    times = [pace.step(3000 * number) for number in range(300) if number % 3]
    assert times[-1] - times[0] == pytest.approx(3000 * 298, rel=0.02)


SIZES = [(1280, 720, 30), (1280, 720, 60), (1920, 1080, 30), (1920, 1080, 60), (2560, 1440, 30), (3840, 2160, 30),
         (3840, 2160, 60), (4096, 160, 30), (7680, 4320, 30), (5120, 720, 25)]  # fmt: skip


@pytest.mark.parametrize("profile", ["baseline", "high"])
@pytest.mark.parametrize(("width", "height", "fps"), SIZES)
@pytest.mark.parametrize("megabits", [2, 16, 60])
def test_the_level_is_the_one_x264_takes(width: int, height: int, fps: int, megabits: int, profile: Profile) -> None:
    """Left to itself it takes the lowest that holds the stream."""
    codec = VideoCodecContext.create("libx264", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt, codec.framerate = width, height, "yuv420p", Fraction(fps)
    codec.time_base, codec.bit_rate, codec.thread_count = Fraction(1, fps), megabits * 1_000_000, 1
    codec.flags |= 1 << 22  # the parameter sets in `extradata`
    rate = str(codec.bit_rate)
    codec.options = {"preset": "superfast", "profile": profile, "maxrate": rate, "bufsize": rate, "tune": "zerolatency"}
    codec.open()
    sps = (codec.extradata or b"").partition(b"\x00\x00\x01\x67")[2]
    expected = max(sps[2], 31)
    assert level_for(width, height, fps, megabits * 1_000_000, profile) == f"{expected / 10:g}"
