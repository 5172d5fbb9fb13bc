"""One who watches a publication over a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..refused import Refused
from ..settings import IceSettings
from ..webrtc.sdp import OfferFacts
from .outgoing import Outgoing
from .publication import Publication
from .session import Session


class Viewer(Session):
    """Gets frames from a keyframe on, which is asked for at once."""

    kind = "viewer"

    def __init__(self, publication: Publication, ice: IceSettings, lost: Callable[[Session], None]) -> None:
        """Sit down before `publication`, which must end before its viewers do."""
        super().__init__(publication.stream, ice, lost)
        self.publication = publication
        self._outgoing: Outgoing | None = None

    async def answer(self, facts: OfferFacts) -> str:
        """The answer to its offer. Raises Refused, OfferRefused."""
        if not facts.video.wants:
            raise Refused(422, "the offer wants no video", "offer it as recvonly")
        self._ufrag = facts.transport.ufrag
        self._outgoing = Outgoing(self.publication, facts)
        return await self._outgoing.answer(self._connection, facts)

    def statistics(self) -> dict[str, Any]:
        """As `GET /sessions` shows it."""
        video = None
        if self._outgoing is not None:
            feed, dropped = self._outgoing.feed, self._outgoing.seat.dropped
            video = {"codec": feed.codec, "bitrate": feed.bitrate, "dropped": {"send": dropped}}
        return {**self._facts(), "video": video}

    async def close(self) -> None:
        """Leave, and end the connection."""
        if self._outgoing is not None:
            await self._outgoing.close()
        await self._connection.close()
