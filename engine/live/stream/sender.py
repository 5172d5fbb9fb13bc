"""Encoded frames and sound to the destination, which may be slow, go away and come back.

Nothing queues up: frames that waited too long are dropped until a keyframe, and while the destination is away all are.
Sound waits as long as the video takes from arrival to departure, so that both arrive at the other side together.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

from ...errors import OutputError
from ...frame import Ledger
from ..delay import Delay
from ..encoded import EncodedFrame
from .addresses import Destination, without_secrets
from .backoff import Backoff
from .courier import Courier, Refused
from .messages import Open, Write
from .sound import SoundPacket

PATIENCE = 0.5  # seconds a frame may wait for the one before to be written
PATIENCE_LOCAL = 5.0  # likewise on a disk, where a pause is no latency
AHEAD = 0.03  # seconds by which sound goes early: the muxer lets a frame go once it has later sound
SOUND_WAIT = 1.0  # seconds to wait for the first packet of sound before there is none
KEYFRAMES = 2.0  # seconds between keyframes: where viewers of a broadcast begin, and segments
_END = 60.0  # seconds the last frames and the end of a file may take: more than their own limits


@dataclass
class SendCounts:
    """What became of frames and sound; `away` while the destination was, `slow` while it took too long."""

    sent: int = 0
    slow: int = 0
    away: int = 0
    sound_sent: int = 0
    sound_dropped: int = 0
    reconnects: int = 0


class Sender:
    """One destination's; a thread of its own. `put_video` and `put_sound` never wait."""

    def __init__(
        self,
        destination: Destination,
        give_up_after: float | None,
        ask_keyframe: Callable[[], None],
        note_sent: Callable[[Ledger], None],
        failed: Callable[[], None],
    ) -> None:
        """`failed` is called once when the destination is lost for good; `close` then raises why."""
        self._destination, self._give_up_after = destination, give_up_after
        self._ask_keyframe, self._note_sent, self._failed = ask_keyframe, note_sent, failed
        self._patience = PATIENCE_LOCAL if destination.local else PATIENCE
        self._videos: deque[tuple[float, EncodedFrame]] = deque()  # with when they came
        self._sounds: deque[tuple[float, SoundPacket]] = deque()  # with when they are due
        self._sound: bytes | None = None
        self._sound_until: float | None = None  # wait for the first sound until then; None: there is none to wait for
        self._rate: Fraction | None = None
        self._whole = False  # no frame since the last keyframe was dropped
        self._last_keyframe = Fraction(0)  # on the stream's clock
        self._ending = False
        self._changed = threading.Condition()
        self._courier = Courier()
        self._connected, self._ever = False, False  # now, and at any time
        self._has_sound = False  # the connection has a track for it
        self._backoff, self._retry_at, self._gone_since = Backoff(), 0.0, 0.0
        self._error: Exception | None = None
        self.delay = Delay(opened=math.inf)
        self.counts = SendCounts()
        self._thread = threading.Thread(target=self._run, name="framelift-send", daemon=True)
        self._thread.start()

    def expect(self, *, sound: bool, rate: Fraction | None) -> None:
        """What the source has: whether to wait for sound before the destination is told its tracks."""
        with self._changed:
            self._rate = rate
            self._sound_until = time.perf_counter() + SOUND_WAIT if sound else None

    def put_video(self, frame: EncodedFrame) -> None:
        """The next frame."""
        now = time.perf_counter()
        at = frame.pts * frame.time_base
        if frame.keyframe:
            self._last_keyframe = at
        elif not 0 <= at - self._last_keyframe < KEYFRAMES:
            self._ask_keyframe()
        with self._changed:
            if self._videos and now - self._videos[0][0] > self._patience:
                self._drop(len(self._videos))
                self._videos.clear()
            self._whole = self._whole or frame.keyframe
            if not self._whole:
                self._drop(1)
                self._ask_keyframe()
                return
            self._videos.append((now, frame))
            self._changed.notify()

    def put_sound(self, packet: SoundPacket, description: bytes | None) -> None:
        """The next packet of sound, with what a muxer must know of it."""
        now = time.perf_counter()
        with self._changed:
            self._sound = self._sound or description
            due = max(self.delay.due(now, AHEAD), self._sounds[-1][0] if self._sounds else 0.0)
            while self._sounds and now - self._sounds[0][0] > self._patience:
                self._sounds.popleft()
                self.counts.sound_dropped += 1
            self._sounds.append((due, packet))
            self._changed.notify()

    def close(self) -> None:
        """Send what waits, end the destination and the thread. Raises OutputError where the destination failed."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(_END)
        self._courier.end()
        if self._error is not None:
            raise self._error

    def abandon(self) -> None:
        """Likewise, whatever goes wrong."""
        with suppress(OutputError):
            self.close()

    def _drop(self, frames: int) -> None:
        self.counts.slow += frames * self._connected
        self.counts.away += frames * (not self._connected)
        self._whole = False

    def _run(self) -> None:
        try:
            while (item := self._next()) is not None:
                self._send(item)
            self._courier.finish()
        except Refused as refused:
            self._error = self._lost(str(refused))
        except Exception as error:  # noqa: BLE001  raised by `close`
            self._error = error
        if self._error is not None:
            self._failed()

    def _next(self) -> EncodedFrame | SoundPacket | None:
        """What to send now; None at the end."""
        with self._changed:
            while True:
                now = time.perf_counter()
                if self._sounds and self._ever and (self._ending or self._sounds[0][0] <= now):
                    return self._sounds.popleft()[1]
                wait = self._sounds[0][0] - now if self._sounds and self._ever else None
                if self._videos:
                    for_sound = self._seconds_for_sound(now)
                    if for_sound <= 0:
                        return self._videos.popleft()[1]
                    wait = for_sound
                if self._ending and not self._videos:
                    return None
                self._changed.wait(wait)

    def _seconds_for_sound(self, now: float) -> float:
        """How long a first frame may still wait for the first sound."""
        if self._ever or self._sound is not None or self._sound_until is None or self._ending:
            return 0.0
        return self._sound_until - now

    def _send(self, item: EncodedFrame | SoundPacket) -> None:
        try:
            if isinstance(item, SoundPacket):
                self._send_sound(item)
            else:
                self._send_video(item)
        except Refused as refused:
            self._note_loss(str(refused), frames=isinstance(item, EncodedFrame))

    def _send_video(self, frame: EncodedFrame) -> None:
        now = time.perf_counter()
        if not self._connected and (now < self._retry_at or not frame.keyframe):
            with self._changed:
                self._drop(1)
            return
        if not self._connected:
            self._courier.tell(self._opening(frame))
        duration = round(1 / (self._rate * frame.time_base)) if self._rate else 0
        done = self._courier.tell(Write(False, frame.data, frame.pts, duration, frame.time_base, frame.keyframe))
        if not self._connected:
            self.counts.reconnects += self._ever
            self._connected = self._ever = True
            self._backoff.reset()
            self.delay.opened(time.perf_counter())  # not before: some muxers connect when they get a packet
        self.counts.sent += 1
        frame.ledger.spans["send"] = (done.began, done.ended)
        self.delay.sent(frame.ledger.spans["arrive"][1], done.ended)
        self._note_sent(frame.ledger)

    def _send_sound(self, packet: SoundPacket) -> None:
        if not self._connected or not self._has_sound:
            self.counts.sound_dropped += 1
            return
        self._courier.tell(Write(True, packet.data, packet.pts, packet.duration, packet.time_base, True))
        self.counts.sound_sent += 1

    def _opening(self, frame: EncodedFrame) -> Open:
        wanted = self._destination
        self._has_sound = self._sound is not None
        return Open(
            wanted.url, wanted.muxer, wanted.options, wanted.kind == "srt", frame.codec, frame.width, frame.height,
            self._rate, self._sound,
        )  # fmt: skip

    def _note_loss(self, reason: str, *, frames: int) -> None:
        """Try again later, where that can help. Raises OutputError where it cannot."""
        now = time.perf_counter()
        if self._connected:
            self._gone_since = now
        with self._changed:
            self._connected = False
            self._drop(frames)
        if self._destination.local or not self._ever:
            raise self._lost(reason)
        if self._give_up_after is not None and now - self._gone_since > self._give_up_after:
            raise self._lost(f"gone for {now - self._gone_since:.0f} s: {reason}")
        self._retry_at = now + self._backoff.next()

    def _lost(self, reason: str) -> OutputError:
        hint = "check the address, and that the other side takes streams"
        if self._destination.local:
            hint = "free some space, or write elsewhere"
        return OutputError(f"{self._destination.shown} cannot be written: {without_secrets(reason)}", hint)
