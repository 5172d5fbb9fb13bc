"""What one peer is sent of a publication: a seat at a feed, its video and its audio."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ..encoders import CodecName, Profile
from ..webrtc.connection import LiveConnection
from ..webrtc.sdp import OfferFacts
from ..webrtc.tracks import VideoPackets

if TYPE_CHECKING:
    from .publication import Publication


class Outgoing:
    """For whoever watches over a connection of its own, and for a publisher who gets its stream back."""

    def __init__(self, publication: Publication, facts: OfferFacts) -> None:
        """Join the feed of the offer's first codec."""
        self._feeds = publication.feeds
        profile = cast("Profile", facts.profile or "baseline")
        self.feed, self.seat = self._feeds.join(cast("CodecName", facts.codec), profile)
        self._video = VideoPackets(self.seat, publication.note_sent)
        self._audio = publication.audio.add() if facts.audio is not None and facts.audio.wants else None

    async def answer(self, connection: LiveConnection, facts: OfferFacts) -> str:
        """Answer the offer with both tracks, and listen to what the peer says of them. Raises OfferRefused."""
        answer = await connection.answer(facts, self._video, self._audio)
        sender = connection.sender("video")
        sender.on_keyframe_wanted = self.feed.request_keyframe
        sender.on_bitrate = lambda bitrate: self.feed.estimate(self.seat, bitrate)
        return answer

    async def close(self) -> None:
        """Leave the feed."""
        if self._audio is not None:
            self._audio.stop()
        await self._feeds.leave(self.feed, self.seat)
