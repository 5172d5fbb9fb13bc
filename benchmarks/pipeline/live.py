"""One live stream in real time: packets that come by the clock, through the engine's live path to encoded packets.

Decoder, path and encoder are those of `framelift stream`. A frame's time is from when its packet is due, whether or not
anybody was awake to hand it over, to when it has been encoded. For a source that is sent as live video is: a packet a
frame, in order.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

from av.container import InputContainer
from av.packet import Packet

from ...engine.errors import ModelError
from ...engine.live.encoded import RTP_TIME_BASE, EncodedFrame
from ...engine.live.encoders import open_encoder
from ...engine.live.path import LivePath
from ...engine.live.settings import LiveSettings
from ...engine.live.stream.decoding import Counts, Decoding, Order
from ...engine.media import AnyPacket, open_input
from ...engine.report import peak_memory

WARM_FRAMES = 2  # by the model, before the clock starts
PATIENCE = 60.0  # seconds until the model has made them


@dataclass(frozen=True)
class StreamJob:
    """What one of the streams is to do."""

    source: Path
    live: LiveSettings
    interval: float  # seconds between frames
    frames: int
    delay: float  # seconds it begins after the others have, for sources are not in step


@dataclass(frozen=True)
class Streamed:
    """What became of its frames."""

    frames: int
    times: list[float]  # milliseconds from due to encoded, of those that were not dropped
    without_model: int  # enlarged by a lighter model or bicubic, for want of time
    cpu: float  # seconds of all cores
    seconds: float
    memory_peak: int  # bytes

    def missed(self, budget: float) -> int:
        """Frames that were dropped, made without the model, or took longer than `budget` milliseconds.

        At most: which frames were made without the model is not known, and one that was late, too, counts twice.
        """
        in_time = sum(took <= budget for took in self.times)
        return min(self.frames, self.frames - in_time + self.without_model)


def streamed(job: StreamJob, together: Callable[[], object]) -> Streamed:
    """Run one in this process. `together` is called when all is warm and returns when all others are, too.

    Raises ModelError where the model does not serve.
    """
    arrivals = _Arrivals()
    with (
        open_input(job.source) as source,
        closing(open_encoder("h264", profile="high", bitrate=job.live.bitrate, threads=None)) as encoder,
        closing(LivePath(job.live, largest=_enlarged(source, job.live.scale))) as path,
    ):
        path.add_output(encoder.encode, arrivals.note, "out")
        counts = Counts()
        with closing(Decoding(source.streams.video[0], path.put, Order(counts), counts)) as decoding:
            packets = _endless(source)
            _warm_up(packets, decoding, path, arrivals, job)
            together()
            before, cpu, began = path.stats().rungs, time.process_time(), time.perf_counter()
            _play(islice(packets, job.frames), decoding, arrivals, job)
            arrivals.wait_for(job.frames, job.interval)
            seconds, cpu, after = time.perf_counter() - began, time.process_time() - cpu, path.stats().rungs
        other = sum(after.values()) - after[job.live.model] - sum(before.values()) + before[job.live.model]
        return Streamed(job.frames, arrivals.times(), other, cpu, seconds, peak_memory())


class _Arrivals:
    """When frames were due, and when they were encoded. Times on the source's clock are in `RTP_TIME_BASE`."""

    def __init__(self) -> None:
        self._due: dict[int, float] = {}
        self._ended: dict[int, float] = {}
        self._changed = threading.Condition()

    def expect(self, pts: int, due: float) -> None:
        """A frame of the stretch that counts."""
        self._due[pts] = due

    def note(self, frame: EncodedFrame) -> None:
        """A frame was encoded."""
        with self._changed:
            self._ended[frame.pts] = frame.ledger.spans["encode"][1]
            self._changed.notify()

    @property
    def encoded(self) -> int:
        """How many frames so far."""
        return len(self._ended)

    def wait_for(self, frames: int, seconds: float) -> None:
        """Until so many of those that count were encoded, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._due.keys() & self._ended.keys()) >= frames, seconds)

    def wait_beyond(self, frames: int, seconds: float) -> None:
        """Until more than so many of all frames were encoded, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._ended) > frames, seconds)

    def times(self) -> list[float]:
        """Milliseconds of those that count and were encoded, in order."""
        with self._changed:
            return [1000 * (self._ended[pts] - due) for pts, due in self._due.items() if pts in self._ended]


def _enlarged(source: InputContainer, scale: int) -> tuple[int, int]:
    video = source.streams.video[0]
    return video.width * scale, video.height * scale


def _endless(source: InputContainer) -> Iterator[AnyPacket]:
    """The clip's packets again and again, their times going on."""
    video = source.streams.video[0]
    packets = [packet for packet in source.demux(video) if packet.size]
    length = sum(packet.duration or 0 for packet in packets)
    for turn in count():
        for packet in packets:
            again: AnyPacket = Packet(bytes(packet))
            assert packet.pts is not None
            again.pts = again.dts = packet.pts + turn * length
            again.time_base, again.duration = packet.time_base, packet.duration
            again.is_keyframe = packet.is_keyframe
            yield again


def _warm_up(
    packets: Iterator[AnyPacket], decoding: Decoding, path: LivePath, arrivals: _Arrivals, job: StreamJob
) -> None:
    """Frame after frame, in no hurry, until the model is open and has made some. Raises ModelError."""
    until = time.perf_counter() + PATIENCE
    while path.stats().rungs.get(job.live.model, 0) < WARM_FRAMES:
        if time.perf_counter() > until:
            raise ModelError(
                f"{job.live.model} has not made a frame in {PATIENCE:.0f} s: {path.stats().note}", "try another model"
            )
        before = arrivals.encoded
        decoding.add(next(packets))
        arrivals.wait_beyond(before, 1.0)


def _play(packets: Iterator[AnyPacket], decoding: Decoding, arrivals: _Arrivals, job: StreamJob) -> None:
    """Each packet at its time."""
    clock, began = threading.Event(), time.perf_counter() + job.delay
    for number, packet in enumerate(packets):
        due = began + number * job.interval
        clock.wait(max(0.0, due - time.perf_counter()))
        assert packet.pts is not None
        arrivals.expect(round(packet.pts * packet.time_base / RTP_TIME_BASE), due)
        decoding.add(packet)
