"""One encode of a publication, shared by all viewers who negotiated the same codec."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterator

from ..encoded import EncodedFrame
from ..encoders import CodecName, LiveEncoder, Profile, RateControl, open_encoder
from ..fanout import Fanout, Seat
from ..path import LivePath


class Feed:
    """An encoder at the path, and the seats before it. For the event loop; the encoder works in a thread of its own."""

    def __init__(self, path: LivePath, name: str, codec: CodecName, profile: Profile, bitrate: int | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._path, self._ceiling = path, bitrate
        self._encoder: LiveEncoder = open_encoder(codec, profile=profile, bitrate=bitrate, threads=None)
        self._fanout = Fanout(self._encoder.request_keyframe)
        self._rate, self._began = RateControl(), time.perf_counter()
        self._seats = set[Seat]()
        self._output = path.add_output(self._encoder.encode, self._deliver, name)

    @property
    def codec(self) -> CodecName:
        """Of all its viewers."""
        return self._encoder.codec

    @property
    def bitrate(self) -> int:
        """Bits a second it aims at now."""
        return self._encoder.bitrate

    @bitrate.setter
    def bitrate(self, ceiling: int | None) -> None:
        self._ceiling = ceiling
        self._follow()

    @property
    def viewers(self) -> int:
        """How many there are."""
        return len(self._seats)

    @property
    def counted(self) -> Counter[str]:
        """Frames and keyframes so far."""
        counts = self._encoder.counts
        return Counter(frames=counts.frames, keyframes=counts.keyframes)

    @property
    def unsent(self) -> int:
        """Frames that viewers who are still there were not given."""
        return sum(seat.dropped for seat in self._seats)

    @property
    def _age(self) -> float:
        """Seconds since it began."""
        return time.perf_counter() - self._began

    def add(self) -> Seat:
        """A seat for one more viewer, who begins with a keyframe."""
        seat = self._fanout.add()
        self._seats.add(seat)
        self._rate.add(seat)
        return seat

    def remove(self, seat: Seat) -> None:
        """End a seat."""
        self._seats.discard(seat)
        self._fanout.remove(seat)
        self._rate.remove(seat)

    def request_keyframe(self) -> None:
        """A viewer has lost the picture."""
        self._encoder.request_keyframe()

    def estimate(self, seat: Seat, bitrate: int) -> None:
        """What a viewer says it can receive, in bits a second."""
        self._rate.estimate(seat, bitrate, self._age)

    async def close(self) -> None:
        """End the encoder and its thread."""
        self._fanout.close()
        await asyncio.to_thread(self._end_encoder)

    def _end_encoder(self) -> None:
        self._path.remove_output(self._output)
        self._encoder.close()

    def _deliver(self, frame: EncodedFrame) -> None:
        self._loop.call_soon_threadsafe(self._send, frame)

    def _send(self, frame: EncodedFrame) -> None:
        self._fanout.send(frame)
        self._rate.sent(len(frame.data), self._age)
        self._follow()

    def _follow(self) -> None:
        self._encoder.bitrate = self._rate.bitrate(self._ceiling or self._encoder.default_bitrate, self._age)


class Feeds:
    """All feeds of one publication: there is one as long as it has viewers."""

    def __init__(self, path: LivePath, bitrate: int | None) -> None:
        self._path, self._bitrate = path, bitrate
        self._numbers = itertools.count(1)
        self._feeds: dict[tuple[CodecName, Profile], Feed] = {}
        self._ended = Counter[str]()
        self._unsent = 0  # to viewers who have left

    def __iter__(self) -> Iterator[Feed]:
        """Those there are now."""
        return iter(self._feeds.values())

    @property
    def counted(self) -> Counter[str]:
        """Frames and keyframes of all feeds so far."""
        return sum((feed.counted for feed in self), self._ended)

    @property
    def unsent(self) -> int:
        """Frames that viewers were not given."""
        return self._unsent + sum(feed.unsent for feed in self)

    def join(self, codec: CodecName, profile: Profile) -> tuple[Feed, Seat]:
        """A seat for a viewer, at a feed that begins now if it is the first of its kind."""
        feed = self._feeds.get((codec, profile))
        if feed is None:
            name = f"{codec}-{next(self._numbers)}"
            feed = self._feeds[codec, profile] = Feed(self._path, name, codec, profile, self._bitrate)
        return feed, feed.add()

    async def leave(self, feed: Feed, seat: Seat) -> None:
        """End a seat; the last one takes the feed with it."""
        feed.remove(seat)
        self._unsent += seat.dropped
        if not feed.viewers:
            self._feeds = {key: other for key, other in self._feeds.items() if other is not feed}
            self._ended += feed.counted
            await feed.close()

    def change(self, bitrate: int | None) -> None:
        """Another bitrate for all; None: by the frames' size and rate."""
        self._bitrate = bitrate
        for feed in self:
            feed.bitrate = bitrate
