"""One clock for all connections: what is kept, what is moved, and that it never runs back."""

from __future__ import annotations

from fractions import Fraction

from framelift.engine.live.stream.timeline import Timeline
from hypothesis import given
from hypothesis import strategies as st

VIDEO, SOUND = 0, 1
FRAME, PACKET = Fraction(1, 25), Fraction(1024, 48_000)
starts = st.fractions(min_value=0, max_value=90_000, max_denominator=90_000)


def played(timeline: Timeline, start: Fraction, seconds: float, now: float) -> list[tuple[int, Fraction, Fraction]]:
    """A source's packets in the order they come: (track, its time, time on the timeline)."""
    packets = [(start + n * FRAME, VIDEO, FRAME) for n in range(int(seconds * 25))]
    packets += [(start + n * PACKET, SOUND, PACKET) for n in range(int(seconds / float(PACKET)))]
    return [
        (track, time, time + timeline.offset(track, time, duration, now + float(time - start)))
        for time, track, duration in sorted(packets)
    ]


@given(starts)
def test_a_files_times_are_kept(start: Fraction) -> None:
    assert all(time == placed for _, time, placed in played(Timeline(from_zero=False), start, 2, 0))


@given(starts)
def test_a_live_source_begins_at_zero_and_keeps_its_distances(start: Fraction) -> None:
    assert {placed - time for _, time, placed in played(Timeline(from_zero=True), start, 2, 100)} == {-start}


def test_a_gap_of_ten_seconds_is_kept_and_one_of_a_minute_is_not() -> None:
    timeline = Timeline(from_zero=False)
    times = [Fraction(0), 10 + FRAME, 70 + FRAME]
    assert [time + timeline.offset(VIDEO, time, FRAME, now=0) for time in times] == [0, 10 + FRAME, 10 + 2 * FRAME]


def test_a_pause_of_the_source_is_kept_however_long() -> None:
    timeline = Timeline(from_zero=False)
    assert timeline.offset(VIDEO, Fraction(0), FRAME, now=0) == 0
    assert timeline.offset(VIDEO, Fraction(60), FRAME, now=60) == 0


@given(starts, starts, st.floats(0.1, 600))
def test_a_clock_that_begins_anew_after_a_reconnect_continues(first: Fraction, second: Fraction, away: float) -> None:
    timeline = Timeline(from_zero=True)
    before = played(timeline, first, 2, 0)
    timeline.connected(away)
    after = played(timeline, second, 2, 2 + away)
    for track in (VIDEO, SOUND):
        times = [placed for which, _, placed in (*before, *after) if which == track]
        assert times == sorted(times)
    gap = after[0][2] - max(placed for _, _, placed in before)
    assert max(0, away - 1.1) <= gap <= away + 1.1  # by a second it may differ and still be believed
    assert len({placed - time for _, time, placed in after}) == 1  # tracks stay together


@given(starts, st.floats(0.1, 600))
def test_a_clock_that_went_on_is_believed(start: Fraction, away: float) -> None:
    timeline = Timeline(from_zero=True)
    played(timeline, start, 2, 0)
    timeline.connected(away + 0.5)
    assert {p - t for _, t, p in played(timeline, start + 2 + PACKET + Fraction(away), 2, 2 + away)} == {-start}
    assert timeline.restarts == 0


@given(starts, starts.filter(lambda t: t > 20))
def test_tracks_stay_together_when_the_clock_is_set_back_in_a_connection(start: Fraction, back: Fraction) -> None:
    timeline = Timeline(from_zero=False)
    played(timeline, start + back, 2, 0)
    after = played(timeline, start, 2, 2)
    assert len({placed - time for _, time, placed in after}) == 1
    assert abs(after[0][2] - (start + back + 2)) <= FRAME
    assert timeline.restarts == 1
