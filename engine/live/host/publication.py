"""One stream that comes in: decoded, enlarged, encoded once for each codec its viewers need."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import av

from ...frame import Ledger
from ..delay import Delay
from ..path import LivePath
from ..refused import Refused, no_such_session
from ..settings import IceSettings, LiveSettings
from ..statistics import PathStats
from ..trace import Trace
from ..webrtc.audio import DelayedAudio
from ..webrtc.incoming import IncomingVideo, incoming_audio, incoming_video
from ..webrtc.sdp import OfferFacts
from .feed import Feeds
from .outgoing import Outgoing
from .session import Session
from .totals import Counts


class Publication(Session):
    """A publisher's session. Its viewers have their own."""

    kind = "publisher"

    def __init__(
        self,
        stream: str | None,
        settings: LiveSettings,
        ice: IceSettings,
        lost: Callable[[Session], None],
        trace: Trace | None,
        *,
        back: bool = False,
    ) -> None:
        """`back`: the enhanced stream goes back over the same connection.

        Raises UsageError or ModelError for settings that cannot be; then nothing was begun.
        """
        self._path = LivePath(settings, trace=trace, name=stream or "page")
        try:
            super().__init__(stream, ice, lost)
        except BaseException:
            self._path.close()
            raise
        self.settings = settings
        self.feeds = Feeds(self._path, settings.bitrate)
        self.audio = DelayedAudio(lambda: self._delay.seconds)
        self._back = back
        self._outgoing: Outgoing | None = None
        self._incoming: IncomingVideo | None = None
        self._pictures = 0
        self._closed = False
        self._delay = Delay()  # from a frame's arrival to its departure to the quickest viewer
        self._newest = 0.0  # when the newest frame that was sent to anybody arrived

    async def answer(self, facts: OfferFacts) -> str:
        """The answer to its offer. Raises Refused, also where it was closed meanwhile, and OfferRefused."""
        if not facts.video.sends:
            raise Refused(422, "the offer sends no video", "offer it as sendonly or sendrecv")
        self._ufrag = facts.transport.ufrag
        if self._back and facts.video.wants:
            self._outgoing = Outgoing(self, facts)
            answer = await self._outgoing.answer(self._connection, facts)
        else:
            answer = await self._connection.answer(facts)
        if self._closed:  # nobody would end the thread that begins here
            raise no_such_session(self.id)
        self._incoming = incoming_video(self._connection.receiver("video"), self._picture)
        if facts.audio is not None and facts.audio.sends:
            incoming_audio(self._connection.receiver("audio"), self.audio.put)
        return answer

    def change(self, settings: LiveSettings) -> None:
        """Other settings from the next frame on. Raises UsageError or ModelError, and then nothing has changed."""
        self._path.change(settings)
        self.feeds.change(settings.bitrate)
        self.settings = settings

    def note_sent(self, ledger: Ledger) -> None:
        """A viewer was sent a frame."""
        self._path.note_sent(ledger)
        arrived = ledger.spans["arrive"][1]
        if arrived > self._newest:  # the viewer that has it first: one that lags must not delay everybody's sound
            self._newest = arrived
            self._delay.sent(arrived, ledger.spans["send"][1])

    def statistics(self) -> dict[str, Any]:
        """As `GET /sessions` shows it."""
        audio = {"delay_ms": round(1000 * self.audio.delay, 1), "packets": self.audio.packets}
        settings = asdict(self.settings)
        viewers = sum(feed.viewers for feed in self.feeds)
        return {**self._facts(), "settings": settings, "video": self._video(), "audio": audio, "viewers": viewers}

    def counts(self) -> Counts:
        """What it has added to the totals so far."""
        stats, encoded = self._path.stats(), self.feeds.counted
        frames = Counter({"in": self._pictures, "out": encoded["frames"]})
        return Counts(frames, Counter(self._dropped(stats)), Counter(stats.rungs), encoded["keyframes"])

    async def close(self) -> None:
        """End the connection, then every thread."""
        self._closed = True
        await self._connection.close()
        self.audio.close()
        if self._outgoing is not None:
            await self._outgoing.close()
        await asyncio.to_thread(self._end_threads)

    def _end_threads(self) -> None:
        if self._incoming is not None:
            self._incoming.join()
        self._path.close()

    def _picture(self, picture: av.VideoFrame, ledger: Ledger) -> None:
        self._pictures += 1
        self._path.put(picture, ledger)

    def _video(self) -> dict[str, Any]:
        stats = self._path.stats()
        codecs = sorted({feed.codec for feed in self.feeds})
        return {
            **stats.to_json(),
            "codec": "+".join(codecs) or None,
            "bitrate": max((feed.bitrate for feed in self.feeds), default=None),
            "dropped": self._dropped(stats),
            "keyframes": self.feeds.counted["keyframes"],
        }

    def _dropped(self, stats: PathStats) -> dict[str, int]:
        """By the stage that did not come to them."""
        decode = 0 if self._incoming is None else self._incoming.counts.dropped
        return {"decode": decode, **stats.dropped, "send": self.feeds.unsent}
