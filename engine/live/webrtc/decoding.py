"""Received frames to pictures, in a thread of its own that never falls behind for long and that garbage cannot end."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import av
from av.codec.context import Flags

from ...colour import Matrix, Range
from ...frame import Ledger
from ..encoded import RTP_TIME_BASE
from .frame_buffer import ReceivedFrame
from .keyframes import is_keyframe
from .rtp_clock import RtpClock

LONGEST_QUEUE = 32  # frames; a recovered loss lets so many go at once at 60 frames a second
LONGEST_WAIT = 0.25  # seconds a frame may wait for the decoder
WITHOUT_KEYFRAME = 1.0  # seconds; then damaged pictures are better than none: some senders answer no request
MOST_PIXELS = 4096 * 4096  # a frame header may claim any size; a picture is allocated before its data are looked at
_DECODERS = {"h264": "h264", "vp8": "vp8"}
_log = logging.getLogger(__name__)

OnPicture = Callable[[av.VideoFrame, Ledger], None]


@dataclass
class DecodingCounts:
    """What became of the frames received."""

    pictures: int = 0
    dropped: int = 0  # frames thrown away: too many waited, or what they refer to is lost
    errors: int = 0  # frames that the decoder refused


class DecodingThread:
    """Decodes one stream. `put` and `close` are for the event loop; `on_picture` is called in the thread."""

    def __init__(self, on_picture: OnPicture, ask_keyframe: Callable[[], None]) -> None:
        """`ask_keyframe` is called from either thread, as often as a keyframe is wanted: whoever sends limits it."""
        self.counts = DecodingCounts()
        self._on_picture = on_picture
        self._ask_keyframe = ask_keyframe
        self._queue: deque[tuple[float, str, ReceivedFrame]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._waiting_since: float | None = None  # for a keyframe
        self._clock = RtpClock(90_000, usual=3000)
        self._decoder: tuple[str, av.VideoCodecContext] | None = None
        self._thread = threading.Thread(target=self._run, name="framelift-decode", daemon=True)
        self._thread.start()

    def put(self, codec: str, frame: ReceivedFrame) -> None:
        """Hand over the next frame of `codec`, "h264" or "vp8"; never waits. After `close` it is ignored."""
        now = time.perf_counter()
        with self._changed:
            if self._closed:
                return
            if self._queue and (len(self._queue) == LONGEST_QUEUE or now - self._queue[0][0] > LONGEST_WAIT):
                self.counts.dropped += len(self._queue)
                self._queue.clear()
                self._waiting_since = now
            elif frame.after_gap and self._waiting_since is None:
                self._waiting_since = now
            if self._usable(codec, frame, now):
                self._waiting_since = None
                self._queue.append((now, codec, frame))
                self._changed.notify()
                return
            self.counts.dropped += 1
        self._ask_keyframe()

    def close(self) -> None:
        """Drop what waits and end the thread; it has ended when `join` returns."""
        with self._changed:
            self._closed = True
            self._queue.clear()
            self._changed.notify()

    def join(self) -> None:
        """Wait for the end of the thread, which is after at most one more picture."""
        self._thread.join()

    def _usable(self, codec: str, frame: ReceivedFrame, now: float) -> bool:
        waiting = self._waiting_since
        return waiting is None or now - waiting > WITHOUT_KEYFRAME or is_keyframe(codec, frame.data)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closed)
                if self._closed:
                    return
                _, codec, frame = self._queue.popleft()
            try:
                self._decode(codec, frame)
            except av.FFmpegError:
                self._refused()
            except Exception:  # noqa: BLE001  the next picture may do better
                _log.warning("a decoded picture could not be handed on", exc_info=True)

    def _refused(self) -> None:
        """What comes until the next keyframe would be damaged."""
        with self._changed:
            self.counts.errors += 1
            if self._waiting_since is None:
                self._waiting_since = time.perf_counter()
        self._ask_keyframe()

    def _decode(self, codec: str, frame: ReceivedFrame) -> None:
        packet = av.Packet(frame.data)
        packet.pts, packet.time_base = self._clock(frame.timestamp), RTP_TIME_BASE
        began = time.perf_counter()
        for picture in self._decoder_of(codec).decode(packet):
            if codec == "vp8":  # its colour is fixed (RFC 6386 section 9.2), and libvpx leaves it unsaid
                picture.colorspace, picture.color_range = Matrix.SMPTE170M, Range.LIMITED
            spans = {"arrive": frame.arrived, "decode": (began, time.perf_counter())}
            self.counts.pictures += 1
            self._on_picture(picture, Ledger(spans))

    def _decoder_of(self, codec: str) -> av.VideoCodecContext:
        """The decoder; a new one when the sender changes to another of the codecs negotiated."""
        if self._decoder is None or self._decoder[0] != codec:
            context = av.CodecContext.create(_DECODERS[codec], "r")
            assert isinstance(context, av.VideoCodecContext)
            context.flags |= Flags.low_delay  # WebRTC reorders no frames: a decoder must not wait to find out
            context.thread_count = 1
            context.options = {"max_pixels": str(MOST_PIXELS)}
            self._decoder = codec, context
        return self._decoder[1]
