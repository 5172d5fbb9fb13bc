"""The whole of a stream on one screen: reader -> decoder -> LivePath -> encoder -> sender -> courier."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from ...frame import UpscaledFrame
from ..encoded import EncodedFrame
from ..encoders import LiveEncoder, open_encoder
from ..path import LivePath
from ..settings import LiveSettings
from ..trace import Trace
from .addresses import destination_at, source_at
from .place import Place
from .reader import Reader
from .report import StreamReport
from .sender import Sender
from .sound import Sound

DRAIN = 2.0  # seconds the frames on their way may take when the source has ended

Watch = Callable[[StreamReport], None]
"""Called about four times a second with what is done so far."""


@dataclass(frozen=True)
class StreamOptions:
    """What may be said of a stream."""

    live: LiveSettings = field(default_factory=LiveSettings)
    codec: str | None = None  # h264 or vp8; what the destination takes by default
    sound: bool = True
    timeout: float = 5.0  # seconds a source may give nothing before it counts as gone
    give_up_after: float | None = None  # seconds a live source or destination may be gone; None: for ever
    token: str | None = None  # bearer token of a WHIP destination
    overwrite: bool = False
    source_options: dict[str, str] = field(default_factory=dict)  # FFmpeg's, of the source
    trace: Path | None = None


class Stream:
    """A stream that runs from its making to `close`."""

    def __init__(self, source: str, destination: str, options: StreamOptions | None = None) -> None:
        """Returns when the source is open. Raises FrameliftError; nothing is left running then."""
        options = options or StreamOptions()
        self._began = time.perf_counter()
        self._source = source_at(source, options.timeout, options.source_options)
        self._destination = destination_at(destination, options.codec)
        self._closing = ExitStack()
        self._encoded = 0
        self.ended = threading.Event()  # the source has ended, or the stream cannot go on
        try:
            self._start(options)
        except BaseException:
            self._closing.close()
            raise

    def _start(self, options: StreamOptions) -> None:
        wanted, stack = self._destination, self._closing
        self._place = stack.enter_context(Place(wanted, options.token, overwrite=options.overwrite))
        self._encoder: LiveEncoder = open_encoder(
            wanted.codecs[0],
            profile="baseline" if wanted.kind == "whip" else "high",
            bitrate=options.live.bitrate,
            threads=None,
        )
        trace = None if options.trace is None else Trace(options.trace)
        if trace is not None:
            stack.callback(trace.close)
        self._path = LivePath(options.live, trace=trace)
        stack.callback(self._encoder.close)
        stack.callback(self._path.close)
        self._sender = Sender(
            self._place.destination, options.give_up_after, self._encoder.request_keyframe, self._path.note_sent,
            self.ended.set,
        )  # fmt: skip
        stack.callback(self._sender.abandon)
        self._path.add_output(self._encode, self._deliver, "out")
        self._sound = Sound(wanted) if options.sound else None
        self._reader = Reader(
            self._source, options.timeout, options.give_up_after, self._path, self._sender, self._sound, self.ended
        )
        stack.callback(self._reader.close)
        self._reader.first.result()

    def report(self, ended: str = "running") -> StreamReport:
        """What was done so far."""
        stats, sent, read = self._path.stats(), self._sender.counts, self._reader.counts
        return StreamReport(
            source=self._source.shown,
            destination=self._destination.shown,
            ended=ended,
            seconds=round(time.perf_counter() - self._began, 3),
            frames_in=read.frames + read.frames_late + read.packets_dropped,
            frames_out=sent.sent,
            dropped={
                "decode": read.packets_dropped,
                "late": read.frames_late,
                **stats.dropped,
                "send": sent.slow,
                "away": sent.away,
            },
            damaged=read.packets_refused,
            sound="none" if self._sound is None else self._sound.how,
            sound_packets=sent.sound_sent,
            sound_dropped=sent.sound_dropped + (0 if self._sound is None else self._sound.refused),
            sound_delay_ms=round(1000 * self._sender.delay.seconds, 3),
            reconnects={"source": self._reader.reconnects, "destination": sent.reconnects},
            clock_restarts=self._reader.clock_restarts,
            codec=self._encoder.codec,
            encoder=self._encoder.name,
            path=stats,
        )

    def close(self) -> StreamReport:
        """End the stream: what is on its way is written, the destination is finished, and a file gets its name.

        Raises InputError or OutputError where the source or destination was lost; a file then has what came before.
        """
        stopped = not self.ended.is_set()
        with self._closing:
            self._reader.close()
            self._drain()
            self._path.close()
            self._sender.close()
            self._place.finish()
        if self._reader.error is not None:
            raise self._reader.error
        return self.report("stopped" if stopped else "source ended")

    def _encode(self, frame: UpscaledFrame) -> EncodedFrame | None:
        frame.sample_aspect_ratio = self._reader.sample_aspect_ratio  # which pictures do not say
        return self._encoder.encode(frame)

    def _deliver(self, frame: EncodedFrame) -> None:
        self._encoded += 1
        self._sender.put_video(frame)

    def _drain(self) -> None:
        """Wait until every picture that was read has been encoded or dropped."""
        until, pause = time.perf_counter() + DRAIN, threading.Event()
        while time.perf_counter() < until:
            stats = self._path.stats()
            gone = self._encoded + sum(stats.dropped.values()) + sum(stats.failed.values())
            if gone >= self._reader.counts.frames:
                return
            pause.wait(0.01)


def stream(
    source: str, destination: str, options: StreamOptions | None = None, watch: Watch | None = None
) -> StreamReport:
    """Run a stream until its source ends; KeyboardInterrupt (Ctrl-C) is its normal end too. Raises FrameliftError."""
    running = Stream(source, destination, options)
    try:
        while not running.ended.wait(0.25):
            if watch is not None:
                watch(running.report())
    except KeyboardInterrupt:
        pass
    return running.close()
