"""A connection's video packets to pictures, in a thread of its own: a slow decoder never holds up the source."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction

import av
import av.error
from av.video.stream import VideoStream

from ...deinterlace import Deinterlacer
from ...frame import DecodedFrame, Ledger
from ...media import AnyPacket, decoder_for
from ..encoded import RTP_TIME_BASE
from ..incoming import decoded_frame

BEHIND = 1.0  # seconds a packet may wait for the decoder; a burst at the beginning is decoded in less
REORDERED = 64  # packets whose pictures have not come out; codecs hold back 16 at most
_END = 5.0  # seconds the last packets may take

Put = Callable[[av.VideoFrame, Ledger], None]


class Counts:
    """Of all connections to a source."""

    def __init__(self) -> None:
        self.frames = 0  # decoded and handed on
        self.packets_dropped = 0  # never decoded: the decoder was behind
        self.packets_refused = 0  # by the decoder
        self.frames_late = 0  # whose time was not after their predecessor's, or before the beginning


class Order:
    """Times of pictures: only forward, and made up where a source gives none."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._last: int | None = None  # in RTP_TIME_BASE

    def placed(self, picture: av.VideoFrame, interval: Fraction) -> bool:
        """Give the picture its time, in `RTP_TIME_BASE`; False when it comes too late to be shown.

        One without a time follows its predecessor by `interval` seconds.
        """
        if picture.pts is None:
            at = 0 if self._last is None else self._last + round(interval / RTP_TIME_BASE)
        else:
            at = round(picture.pts * (picture.time_base or RTP_TIME_BASE) / RTP_TIME_BASE)
        if at < 0 or (self._last is not None and at <= self._last):
            self._counts.frames_late += 1
            return False
        picture.pts, picture.time_base, self._last = at, RTP_TIME_BASE, at
        return True


class Decoding:
    """One connection's."""

    def __init__(self, stream: VideoStream, put: Put, order: Order, counts: Counts) -> None:
        self._context = decoder_for(stream)
        self._interval = 1 / Fraction(stream.guessed_rate or stream.average_rate or 30)
        self._put, self._order, self._counts = put, order, counts
        self._deinterlacer = Deinterlacer(RTP_TIME_BASE, every=False)
        self._waiting: deque[tuple[AnyPacket, float]] = deque()  # with when they came
        self._came: dict[int | None, float] = {}  # by pts: when the packet did
        self._error: Exception | None = None
        self._whole = True  # nothing of the current group of pictures was dropped
        self._ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="framelift-decode", daemon=True)
        self._thread.start()

    def add(self, packet: AnyPacket) -> None:
        """The next packet; never waits. Behind by more than `BEHIND`, packets are dropped until a keyframe comes.

        Raises what ended the thread, a bug.
        """
        now = time.perf_counter()
        with self._changed:
            if self._error is not None:
                raise self._error
            if self._waiting and now - self._waiting[0][1] > BEHIND:
                self._counts.packets_dropped += len(self._waiting)
                self._waiting.clear()
                self._whole = False
            self._whole = self._whole or packet.is_keyframe
            if not self._whole:
                self._counts.packets_dropped += 1
                return
            self._waiting.append((packet, now))
            self._changed.notify()

    def close(self) -> None:
        """Decode what waits, then end the thread. Raises what ended it before, a bug."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        self._thread.join(_END)
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while (item := self._next()) is not None:
                self._decode(*item)
            self._decode(None, time.perf_counter())
            self._hand_on(self._deinterlacer.flush())
        except Exception as error:  # noqa: BLE001  raised by `add` or `close`
            self._error = error

    def _next(self) -> tuple[AnyPacket, float] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            return self._waiting.popleft() if self._waiting else None

    def _decode(self, packet: AnyPacket | None, came: float) -> None:
        if packet is not None:
            self._came[packet.pts] = came
            if len(self._came) > REORDERED:
                del self._came[next(iter(self._came))]
        decoding = Ledger()
        try:
            with decoding.stage("decode"):
                pictures = self._context.decode(packet)
        except av.error.FFmpegError:  # damage on the way; the next keyframe mends it
            self._counts.packets_refused += packet is not None
            return
        for picture in pictures:
            arrived = self._came.pop(picture.pts, came)
            if self._order.placed(picture, self._interval):
                self._progressive(picture, Ledger({"arrive": (arrived, arrived), **decoding.spans}))

    def _progressive(self, picture: av.VideoFrame, ledger: Ledger) -> None:
        self._counts.frames += 1
        self._hand_on(self._deinterlacer.push(decoded_frame(picture, self._counts.frames, ledger)))

    def _hand_on(self, frames: Iterator[DecodedFrame]) -> None:
        for frame in frames:
            frame.picture.pts, frame.picture.time_base = frame.pts, frame.time_base
            self._put(frame.picture, frame.ledger)
