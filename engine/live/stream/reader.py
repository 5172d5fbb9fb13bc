"""Connects to the source and reads it, again and again while it is live; each packet goes on with its time settled."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from contextlib import closing
from fractions import Fraction

import av.error

from ...errors import InputError
from ...media import AnyPacket
from ..path import LivePath
from .addresses import Source
from .backoff import Backoff
from .decoding import Counts, Decoding, Order
from .pace import Pace
from .sender import Sender
from .sound import Sound, SoundPacket
from .source import Connection, reason_of
from .timeline import Timeline


class Reader:
    """Reads in a thread of its own until the source ends, is given up or `close` is called."""

    def __init__(
        self,
        source: Source,
        timeout: float,
        give_up_after: float | None,
        path: LivePath,
        sender: Sender,
        sound: Sound | None,
        done: threading.Event,
    ) -> None:
        """`done` is set when there is nothing more to read; without `sound` there is none."""
        self._source, self._timeout, self._give_up_after = source, timeout, give_up_after
        self._path, self._sender, self._sound, self._done = path, sender, sound, done
        self._stop = threading.Event()
        self._backoff = Backoff()
        self._timeline: Timeline | None = None
        self._last_packet = time.perf_counter()
        self._words: str | None = None  # why the last connection ended
        self.counts = Counts()
        self._order = Order(self.counts)
        self.reconnects = 0
        self.sample_aspect_ratio = Fraction(1)
        self.error: Exception | None = None  # why it cannot go on
        self.first: Future[None] = Future()  # the first connection
        self._thread = threading.Thread(target=self._run, name="framelift-read", daemon=True)
        self._thread.start()

    @property
    def clock_restarts(self) -> int:
        """How often the source's clock was set anew."""
        return 0 if self._timeline is None else self._timeline.restarts

    def close(self) -> None:
        """Stop reading; waits for a source that gives nothing until its timeout."""
        self._stop.set()
        self._thread.join(2 * self._timeout + 1)

    def _run(self) -> None:
        try:
            self._read_all()
        except Exception as error:  # noqa: BLE001  raised by whoever waits
            self.error = error
        if not self.first.done():
            self.first.set_exception(self.error or InputError(f"{self._source.shown}: stopped", "start it again"))
        self._done.set()

    def _read_all(self) -> None:
        try:
            while self._connect() and self._come_back():
                pass
        finally:
            if self._sound is not None:
                self._send_sound(self._sound, self._sound.flush())

    def _connect(self) -> bool:
        """One connection, from its first packet to its last. Gives whether to come back for more."""
        try:
            connection = Connection(self._source, self._timeout)
        except InputError as error:
            if self._timeline is None:
                raise
            self._words = error.message
            return True
        with connection:
            if self._timeline is not None and not connection.live:
                return False  # FFmpeg ends a playlist that is finished and one that is gone alike: it was finished
            self._begin(connection)
            try:
                self._read(connection)
            except av.error.FFmpegError as error:
                self._words = reason_of(error, [], self._timeout)
                if not connection.live and not self._stop.is_set():
                    raise InputError(
                        f"{self._source.shown} broke off: {self._words}", "what came before is written"
                    ) from error
                return connection.live
            self._words = "it ended"
            return connection.again

    def _begin(self, connection: Connection) -> None:
        sound = connection.sound if self._sound is not None else None
        self.sample_aspect_ratio = connection.video.sample_aspect_ratio or Fraction(1)
        if self._timeline is None:
            self._timeline = Timeline(from_zero=connection.live)
            rate = connection.video.guessed_rate or connection.video.average_rate
            self._sender.expect(sound=sound is not None, rate=rate)
            self.first.set_result(None)
        else:
            self._timeline.connected(time.perf_counter() - self._last_packet)
            self.reconnects += 1
        if sound is not None and self._sound is not None:
            self._sound.connected(sound)

    def _read(self, connection: Connection) -> None:
        """Raises FFmpegError when it breaks off."""
        pace = Pace(self._stop) if connection.paced else None
        with closing(Decoding(connection.video, self._path.put, self._order, self.counts)) as decoding:
            for packet in connection.packets(with_sound=self._sound is not None):
                if self._stop.is_set():
                    return
                self._settle(packet, pace)
                self._backoff.reset()
                if packet.stream_index == connection.video.index:
                    decoding.add(packet)
                elif self._sound is not None:
                    self._send_sound(self._sound, self._sound.packets(packet))

    def _send_sound(self, sound: Sound, packets: list[SoundPacket]) -> None:
        for packet in packets:
            self._sender.put_sound(packet, sound.description)

    def _settle(self, packet: AnyPacket, pace: Pace | None) -> None:
        """Move its times onto the timeline, and wait until it is due where the source does not."""
        assert self._timeline is not None
        self._last_packet = time.perf_counter()
        time_base = packet.time_base
        at = packet.pts if packet.dts is None else packet.dts
        if at is None:
            return
        duration = (packet.duration or 0) * time_base
        offset = self._timeline.offset(packet.stream_index, at * time_base, duration, self._last_packet)
        ticks = round(offset / time_base)
        packet.dts = at + ticks
        packet.pts = None if packet.pts is None else packet.pts + ticks
        if pace is not None:
            pace.wait(packet.dts * time_base)

    def _come_back(self) -> bool:
        """Wait before the next attempt. Raises InputError when the source has been away for too long."""
        if self._stop.is_set():
            return False
        away = time.perf_counter() - self._last_packet
        if self._give_up_after is not None and away > self._give_up_after:
            raise InputError(
                f"{self._source.shown} has been gone for {away:.0f} s: {self._words}",
                "what came before is written; --give-up-after waits longer",
            )
        return not self._stop.wait(self._backoff.next())
