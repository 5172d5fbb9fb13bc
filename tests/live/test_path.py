"""The path of live frames: the newest goes on, errors cost a frame, and everything ends."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from framelift.engine.errors import ModelError
from framelift.engine.frame import Ledger, UpscaledFrame
from framelift.engine.live.encoded import EncodedFrame
from framelift.engine.live.encoders import open_encoder
from framelift.engine.live.path import LivePath, Made
from framelift.engine.live.settings import LiveSettings
from framelift.engine.live.trace import Trace
from frames import noise, ramps, samples_of
from networks import stack
from waiting import SECONDS, threads_of_ours, until

RATE = 30


def picture_at(index: int, width: int = 64, height: int = 36, pix_fmt: str = "yuv420p") -> av.VideoFrame:
    picture = noise(pix_fmt, width, height, index % 7)
    picture.pts, picture.time_base = 90_000 // RATE * index, Fraction(1, 90_000)
    return picture


def bare(frame: UpscaledFrame) -> EncodedFrame:
    """A frame as if it were encoded; the data is what identifies it."""
    picture = frame.picture
    data = str(frame.index).encode()
    return EncodedFrame(data, "none", True, frame.pts, frame.time_base, picture.width, picture.height, frame.ledger)


class Viewer:
    """Takes what an output delivers."""

    def __init__(self) -> None:
        self.frames: list[EncodedFrame] = []

    def __call__(self, frame: EncodedFrame) -> None:
        self.frames.append(frame)

    @property
    def indices(self) -> list[int]:
        return [int(frame.data) for frame in self.frames]

    def has(self, count: int) -> Callable[[], bool]:
        return lambda: len(self.frames) >= count


@contextmanager
def a_path(
    model: str = "bicubic", scale: int = 2, budget: float | None = 10_000.0, **options: Any
) -> Iterator[LivePath]:
    """With time enough for any rung unless the test says otherwise. Leaves no thread."""
    before = threads_of_ours()
    path = LivePath(LiveSettings(model, scale, threads=1, budget=budget), **options)
    try:
        yield path
    finally:
        path.close()
        assert threads_of_ours() == before


def put_one_by_one(path: LivePath, viewer: Viewer, pictures: list[av.VideoFrame]) -> None:
    """Each is let through before the next comes."""
    for picture in pictures:
        seen = len(viewer.frames)
        path.put(picture, Ledger())
        until(viewer.has(seen + 1))


def is_last(numbers: list[int], number: int) -> Callable[[], bool]:
    return lambda: numbers[-1:] == [number]


def taken(path: LivePath, count: int) -> Callable[[], bool]:
    """Whether so many pictures are enlarged, or dropped before."""
    return lambda: sum(path.stats().rungs.values()) + path.stats().dropped["upscale"] == count


# ---- frames go through


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_pictures_become_a_stream_that_decodes(codec: Any) -> None:
    encoder, decoder, viewer = open_encoder(codec, hardware=False), av.CodecContext.create(codec, "r"), Viewer()
    pictures = [ramps("yuv420p", 96, 64, seed) for seed in range(6)]
    with a_path() as path:
        path.add_output(encoder.encode, viewer, codec)
        for index, picture in enumerate(pictures):
            picture.pts, picture.time_base = 3000 * index, Fraction(1, 90_000)
        put_one_by_one(path, viewer, pictures)
    encoder.close()
    assert [frame.pts for frame in viewer.frames] == [3000 * index for index in range(6)]
    decoded: list[av.VideoFrame] = []
    for frame in viewer.frames:
        decoded += decoder.decode(av.Packet(frame.data))
    decoded += decoder.decode(None)
    assert len(decoded) == 6
    for found, picture in zip(decoded, pictures, strict=True):
        plain = picture.reformat(192, 128, interpolation="BICUBIC")
        assert np.abs(samples_of(found)[0].astype(int) - samples_of(plain)[0]).mean() < 3


def test_a_ledger_has_the_stages_in_their_order() -> None:
    viewer = Viewer()
    with a_path() as path:
        path.add_output(bare, viewer, "one")
        ledger = Ledger({"arrive": (1.0, 2.0), "decode": (2.0, 3.0)})
        path.put(picture_at(0), ledger)
        until(viewer.has(1))
    spans = viewer.frames[0].ledger.spans
    assert (spans["arrive"], spans["decode"]) == ((1.0, 2.0), (2.0, 3.0))
    assert spans["decode"][1] < spans["upscale"][0] <= spans["upscale"][1] <= spans["encode"][0] <= spans["encode"][1]


def test_without_an_output_nothing_is_computed_and_no_picture_is_kept() -> None:
    picture = picture_at(0)
    held = sys.getrefcount(picture)
    with a_path() as path:
        path.put(picture, Ledger())
        until(lambda: sys.getrefcount(picture) == held)
        stats = path.stats()
    assert stats.rungs == {}
    assert stats.input == (64, 36)
    assert (stats.fps_out, stats.added_ms, stats.output) == (0.0, None, None)


def test_the_statistics_say_what_there_is_to_say(tmp_path: Path) -> None:
    viewer, trace = Viewer(), Trace(tmp_path / "trace.json")
    with a_path("tiny-16", 3, trace=trace) as path:
        path.add_output(bare, viewer, "one")
        put_one_by_one(path, viewer, [picture_at(0)])
        until(lambda: path.stats().note is None)
        put_one_by_one(path, viewer, [picture_at(index) for index in range(1, 40)])
        for frame in viewer.frames:
            began = frame.ledger.spans["encode"][1]
            frame.ledger.spans["send"] = began, began + 0.001
            path.note_sent(frame.ledger)
        stats = path.stats()
    trace.close()
    assert (stats.input, stats.output) == ((64, 36), (192, 108))
    assert (stats.model, stats.rung, stats.backend) == ("tiny-16", "tiny-16", "native")
    assert "1 thread" in str(stats.reason)
    assert sum(stats.rungs.values()) == 40
    assert stats.rungs["tiny-16"] == 39
    assert stats.interval_ms == pytest.approx(1000 / RATE, abs=0.01)
    assert stats.budget_ms == 10_000.0
    assert min(stats.fps_in, stats.fps_out) > 0
    assert stats.dropped == {"upscale": 0, "encode": 0}
    assert stats.failed == {}
    assert stats.added_ms is not None
    assert stats.stages_ms.keys() == {"arrive", "upscale", "encode", "send"}
    assert stats.added_ms.p50 > stats.stages_ms["upscale"].p50 + stats.stages_ms["send"].p50 - 0.001
    assert (tmp_path / "trace.json").read_text().count('"ph": "X"') == 4 * 40


def test_size_format_and_settings_may_change_while_frames_flow() -> None:
    viewer = Viewer()
    kinds = [(64, 36, "yuv420p"), (37, 21, "yuv420p10le"), (36, 64, "gray"), (65, 1, "yuv444p")]
    with a_path("tiny-8") as path:
        path.add_output(bare, viewer, "one")
        for scale in (2, 3, 1, 4):
            path.change(LiveSettings("tiny-16", scale, threads=1))
            put_one_by_one(path, viewer, [picture_at(index, *kind) for index, kind in enumerate(kinds)])
            sizes = [(frame.width, frame.height) for frame in viewer.frames[-len(kinds) :]]
            assert sizes == [(scale * width, scale * height) for width, height, _ in kinds]
        with pytest.raises(ModelError):
            path.change(LiveSettings("huge-99"))
        assert path.stats().model == "tiny-16"


# ---- a stage that is too slow


class Gate:
    """An encoder that works on a frame until it is let go."""

    def __init__(self) -> None:
        self.entered, self.let_go = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, frame: UpscaledFrame) -> EncodedFrame:
        self.entered.release()
        assert self.let_go.acquire(timeout=SECONDS)
        return bare(frame)


def test_an_encoder_three_times_too_slow_loses_frames_and_gains_no_delay() -> None:
    """Three pictures come for each that is encoded; what is delivered is as far behind at the end as at first."""
    gate, viewer, behind = Gate(), Viewer(), []
    with a_path() as path:
        path.add_output(gate, viewer, "slow")
        path.put(picture_at(0), Ledger())
        for newest in range(3, 301, 3):
            assert gate.entered.acquire(timeout=SECONDS)
            for index in range(newest - 2, newest + 1):
                path.put(picture_at(index), Ledger())
                until(taken(path, index + 1))
            seen = len(viewer.frames)
            gate.let_go.release()
            until(viewer.has(seen + 1))
            behind.append(newest - viewer.indices[-1])
        assert gate.entered.acquire(timeout=SECONDS)
        gate.let_go.release()
        until(viewer.has(101))
        dropped = path.stats().dropped
    assert max(behind[1:]) <= 3 + 1  # as much as comes while it is at one frame, and the upscaler's
    assert behind[1:50] == behind[51:]
    assert viewer.indices == sorted(set(viewer.indices))
    assert viewer.indices[-1] == 300
    assert dropped["upscale"] + dropped["encode"] == 301 - 101


def test_a_slow_output_does_not_hold_up_another() -> None:
    gate, slow, quick = Gate(), Viewer(), Viewer()
    with a_path() as path:
        path.add_output(gate, slow, "slow")
        path.add_output(bare, quick, "quick")
        put_one_by_one(path, quick, [picture_at(0)])
        assert gate.entered.acquire(timeout=SECONDS)
        put_one_by_one(path, quick, [picture_at(index) for index in range(1, 20)])
        assert slow.frames == []
        gate.let_go.release(2)
        until(slow.has(2))
    assert quick.indices == list(range(20))
    assert slow.indices == [0, 19]
    assert slow.frames[-1].ledger is not quick.frames[-1].ledger


def test_one_slow_encoder_takes_no_model_from_anybody() -> None:
    """A frame is judged by the encoder that has it first; and it is told which one is slow."""
    slow, quick, pause = Viewer(), Viewer(), threading.Event()

    def encode(frame: UpscaledFrame) -> EncodedFrame:
        pause.wait(0.3)
        return bare(frame)

    with a_path("tiny-16", budget=250.0) as path:
        put_first_frame(path)
        path.add_output(encode, slow, "slow")
        for alone in (True, False):
            for index in range(40):
                path.put(picture_at(index), Ledger())
                pause.wait(1 / RATE)
            until(lambda: "encoding slow takes" in str(path.stats().note))
            if alone:
                path.add_output(bare, quick, "quick")
        stats = path.stats()
    assert stats.rung == "tiny-16"
    assert "too little time" not in str(stats.note)
    assert "quick" not in str(stats.note)
    assert stats.dropped["encode"] > 20


@pytest.mark.parametrize("outputs", [("quick", "slow"), ("slow",)], ids="+".join)
def test_a_frame_is_judged_by_the_output_that_has_it_first(outputs: tuple[str, ...]) -> None:
    """Of 50 ms the model takes 30; one encoder 5, the other 40."""
    frames: list[UpscaledFrame] = []

    def encode(frame: UpscaledFrame) -> EncodedFrame:
        frames.append(frame)
        return bare(frame)

    with a_path("tiny-16", budget=50.0) as path:
        put_first_frame(path)
        path.add_output(encode, Viewer(), "one")
        path.put(picture_at(1), Ledger())
        until(lambda: path.stats().stages_ms.get("encode") and frames)
        for index in range(2, 12):
            came = time.perf_counter()
            made = Made(replace(frames[0], index=index), 0, came + 0.03)
            for output in outputs:
                took = {"quick": 0.005, "slow": 0.04}[output]
                spans = {"arrive": (came, came), "encode": (made.at, made.at + took)}
                path.note_encoded(output, made, Ledger(spans))
        note = str(path.stats().note)
    assert ("too little time" in note) == (outputs == ("slow",))


def put_first_frame(path: LivePath) -> None:
    """Wait until the model is open."""
    viewer = Viewer()
    output = path.add_output(bare, viewer, "first")
    put_one_by_one(path, viewer, [picture_at(0)])
    until(lambda: "being opened" not in str(path.stats().note))
    path.remove_output(output)


def test_a_model_that_takes_too_long_gives_way_to_a_lighter_one(tmp_path: Path) -> None:
    """Pictures come faster than the network computes; what serves in the end keeps up with them."""
    slow = str(stack(tmp_path / "slow.onnx", layers=60))
    viewer, pause = Viewer(), threading.Event()
    path = LivePath(LiveSettings(slow, backend="onnxruntime", threads=1))
    try:
        path.add_output(bare, viewer, "one")
        path.put(picture_at(0, 480, 270), Ledger())
        until(lambda: "being opened" not in str(path.stats().note) and viewer.frames)
        index = 1
        while "too little time" not in str(path.stats().note):
            assert index < 2000
            path.put(picture_at(index, 480, 270), Ledger())
            pause.wait(1 / RATE)
            index += 1
        until(lambda: path.stats().rungs.get(slow))
        seen = len(viewer.frames)
        path.put(picture_at(index, 480, 270), Ledger())
        until(viewer.has(seen + 1))
        until(lambda: path.stats().rung != slow)
        assert path.stats().dropped["upscale"] > 0
    finally:
        path.close()
    assert viewer.indices == sorted(set(viewer.indices))


# ---- errors


def test_errors_cost_the_frame_they_happen_to_and_are_told() -> None:
    asked: list[int] = []

    def encode(frame: UpscaledFrame) -> EncodedFrame | None:
        asked.append(frame.index)
        if frame.index % 3 == 1:
            raise ValueError(f"frame {frame.index} is cursed")
        return None if frame.index % 3 == 2 else bare(frame)

    viewer = Viewer()
    with a_path() as path:
        path.add_output(encode, viewer, "one")
        for index in range(11):
            if index == 5:
                path.put(av.VideoFrame(16, 16, "xyz12le"), Ledger())
                until(lambda: path.stats().failed.get("upscale") == 1)
            else:
                path.put(picture_at(index), Ledger())
                until(is_last(asked, index))
        until(lambda: path.stats().failed.get("encode") == 4)
        stats = path.stats()
    assert viewer.indices == [0, 3, 6, 9]
    assert stats.failed == {"encode": 4, "upscale": 1}
    assert "frame 1 is cursed" in str(stats.note)


def test_a_failing_delivery_does_not_end_the_stream() -> None:
    got: list[int] = []

    def deliver(frame: EncodedFrame) -> None:
        got.append(int(frame.data))
        if len(got) == 1:
            raise RuntimeError("the loop is gone")

    with a_path() as path:
        path.add_output(bare, deliver, "one")
        for index in range(3):
            path.put(picture_at(index), Ledger())
            until(is_last(got, index))
        assert path.stats().failed == {"encode": 1}


# ---- everything ends


def test_closing_while_threads_wait_and_work() -> None:
    gate, closed = Gate(), threading.Event()
    path = LivePath(LiveSettings("tiny-16"))
    path.add_output(gate, Viewer(), "slow")
    path.add_output(bare, Viewer(), "idle")
    path.put(picture_at(0), Ledger())
    assert gate.entered.acquire(timeout=SECONDS)
    path.put(picture_at(1), Ledger())

    def close() -> None:
        path.close()
        closed.set()

    closer = threading.Thread(target=close)
    closer.start()
    until(lambda: "framelift-upscale" not in threads_of_ours())
    assert not closed.is_set()  # the encoder is still at its frame
    gate.let_go.release(2)  # the one that waits may come first
    assert closed.wait(SECONDS)
    closer.join(SECONDS)
    assert threads_of_ours() == set()
    path.close()
    path.put(picture_at(2), Ledger())
    path.remove_output(path.add_output(bare, Viewer(), "late"))
    assert threads_of_ours() == set()
    assert path.stats().input == (64, 36)


def test_an_output_may_leave_from_within() -> None:
    left = threading.Event()

    def deliver(_: EncodedFrame) -> None:
        path.remove_output(output)
        left.set()

    with a_path() as path:
        output = path.add_output(bare, deliver, "one")
        path.put(picture_at(0), Ledger())
        assert left.wait(SECONDS)
        path.put(picture_at(1), Ledger())
        until(lambda: "framelift-encode-one" not in threads_of_ours())


def test_what_an_output_lost_stays_counted_when_it_is_gone() -> None:
    gate, slow, quick = Gate(), Viewer(), Viewer()
    with a_path() as path:
        output = path.add_output(gate, slow, "slow")
        path.add_output(bare, quick, "quick")
        put_one_by_one(path, quick, [picture_at(0)])
        assert gate.entered.acquire(timeout=SECONDS)
        put_one_by_one(path, quick, [picture_at(index) for index in range(1, 4)])
        assert (output.dropped, path.stats().dropped["encode"]) == (2, 2)
        gate.let_go.release(2)
        path.remove_output(output)
        assert path.stats().dropped["encode"] == 2


def test_outputs_come_and_go_while_frames_flow() -> None:
    steady = Viewer()
    with a_path() as path:
        path.add_output(bare, steady, "steady")
        for index in range(30):
            guest = Viewer()
            output = path.add_output(bare, guest, f"guest-{index}")
            put_one_by_one(path, steady, [picture_at(index)])
            until(guest.has(1))
            path.remove_output(output)
            path.remove_output(output)
        assert len(threads_of_ours()) == 3  # one opens models, one enlarges, one encodes
    assert steady.indices == list(range(30))


def test_memory_does_not_grow_with_the_frames() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    viewer = Viewer()
    with a_path("tiny-8") as path:
        path.add_output(bare, viewer, "one")
        pictures = [picture_at(index, 640, 360) for index in range(7)]
        put_one_by_one(path, viewer, pictures * 10)
        before = resident()
        put_one_by_one(path, viewer, pictures * 40)  # 280 frames of 1.4 MB
        assert resident() - before < 60 << 20


def test_settings_that_cannot_be_start_nothing() -> None:
    with pytest.raises(ModelError):
        LivePath(LiveSettings("huge-99"))
    assert threads_of_ours() == set()
