"""Rolling percentiles and rates."""

from __future__ import annotations

import json

import numpy as np
import pytest
from framelift.engine.frame import Ledger
from framelift.engine.live.statistics import SAMPLES, SECONDS, LiveStatistics, PathStats, Percentiles, Recent
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.floats(0.0, 10.0), min_size=1, max_size=300))
def test_percentiles_are_numpy_s_by_nearest_rank(values: list[float]) -> None:
    recent = Recent()
    for value in values:
        recent.add(value, 100.0)
    found = recent.percentiles(100.0)
    assert found is not None
    expected = 1000 * np.percentile(values, [50, 95, 99], method="inverted_cdf")
    assert [found.p50, found.p95, found.p99] == pytest.approx(list(expected), abs=6e-4)


def test_what_is_older_than_ten_seconds_is_forgotten() -> None:
    recent = Recent()
    for second in range(30):
        recent.add(second, float(second))
    found = recent.percentiles(29.0)
    assert found is not None
    assert found.p50 == 1000 * 24.0  # of 19 to 29
    assert recent.percentiles(29.0 + SECONDS + 0.1) is None


def test_memory_does_not_grow() -> None:
    recent = Recent()
    for number in range(3 * SAMPLES):
        recent.add(number, 0.0)
    found = recent.percentiles(0.0)
    assert found is not None
    assert found.p50 >= 1000 * 2 * SAMPLES


@pytest.mark.parametrize("fps", [1, 25, 60])
def test_the_rate_is_that_of_the_frames_and_falls_when_they_stop(fps: int) -> None:
    recent = Recent()
    for frame in range(20 * fps + 1):
        recent.add(0.0, frame / fps)
    assert recent.rate(20.0) == pytest.approx(fps)
    assert recent.rate(25.0) == pytest.approx(fps / 2, rel=0.21)
    assert recent.rate(31.0) == 0.0


def test_the_first_words_of_a_failure_are_told_for_ten_seconds() -> None:
    statistics = LiveStatistics()
    assert statistics.failure(0.0) is None
    for now, words in ((1.0, "first"), (2.0, "second"), (10.0, "third")):
        statistics.failed("encode", words, now)
        assert statistics.failure(now) == "encode failed: first"
    assert statistics.failure(11.1) is None
    statistics.failed("upscale", "fourth", 12.0)
    assert statistics.failure(12.0) == "upscale failed: fourth"
    assert statistics.failures() == {"encode": 3, "upscale": 1}


def test_added_latency_is_from_the_last_packet_in_to_the_last_one_out() -> None:
    statistics = LiveStatistics()
    for number in range(100):
        start = float(number) / 30
        spans = {"arrive": (start - 0.004, start), "decode": (start, start + 0.002), "prepare": (start, start + 1)}
        ledger = Ledger(spans | {"upscale": (start + 0.003, start + 0.007), "encode": (start + 0.008, start + 0.013)})
        statistics.came(start)
        statistics.left("h264", ledger, start + 0.013)
        statistics.left("vp8", ledger, start + 0.013)
        ledger.spans["send"] = start + 0.013, start + 0.014 + number / 10_000
        statistics.sent(ledger, start + 0.02)
    added, stages = statistics.times(start + 0.1)
    assert added == Percentiles(18.9, 23.4, 23.8)
    assert {stage: round(found.p50, 6) for stage, found in stages.items()} == {
        "arrive": 4.0, "decode": 2.0, "upscale": 4.0, "encode": 5.0, "send": 5.9,
    }  # fmt: skip
    assert statistics.fps(start + 0.02) == pytest.approx((30.0, 30.0), rel=0.02)


def test_the_statistics_are_json() -> None:
    times = Percentiles(1.0, 2.0, 3.0)
    stats = PathStats(
        input=(640, 360), output=(1280, 720), model="tiny-16", rung="tiny-8", backend="native", reason="fastest",
        budget_ms=33.3, interval_ms=33.3, fps_in=30.0, fps_out=29.9, dropped={"upscale": 1, "encode": 0}, failed={},
        added_ms=times, stages_ms={"decode": times}, rungs={"tiny-8": 3}, note=None,
    )  # fmt: skip
    found = json.loads(json.dumps(stats.to_json()))
    assert found["input"] == [640, 360]
    assert found["added_ms"] == {"p50": 1.0, "p95": 2.0, "p99": 3.0}
    assert found["stages_ms"]["decode"] == found["added_ms"]
