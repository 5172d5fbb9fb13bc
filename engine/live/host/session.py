"""What every session has: an id, a connection with a peer, an entity tag for its candidates."""

from __future__ import annotations

import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from ..refused import Refused
from ..settings import IceSettings
from ..webrtc.connection import new_connection
from ..webrtc.sdp import OfferFacts
from ..webrtc.trickle import candidates_of


class Session(ABC):
    """One peer's. `lost` is called when its connection has ended, whoever ended it."""

    kind: ClassVar[str]

    def __init__(self, stream: str | None, ice: IceSettings, lost: Callable[[Session], None]) -> None:
        """`stream` None: named as its id, which nobody can guess. Raises UsageError for an ICE server that is none."""
        self.id = secrets.token_urlsafe(12)
        self.etag = f'"{secrets.token_hex(8)}"'
        self.stream = stream or self.id
        self._began = time.monotonic()
        self._ufrag: str | None = None  # of its offer
        self._connection = new_connection(ice, lambda _: lost(self))

    @abstractmethod
    async def answer(self, facts: OfferFacts) -> str:
        """The answer to its offer. Raises OfferRefused."""

    @abstractmethod
    def statistics(self) -> dict[str, Any]:
        """As `GET /sessions` shows it."""

    @abstractmethod
    async def close(self) -> None:
        """End the connection and all that was begun for it; never raises."""

    async def trickle(self, fragment: str, if_match: str | None) -> None:
        """Take candidates that came after the offer (RFC 9725 section 4.3). Raises Refused, OfferRefused."""
        if if_match is None:
            raise Refused(428, "candidates need the header If-Match", "send the ETag of the answer")
        if if_match not in (self.etag, "*"):
            raise Refused(412, f"{if_match[:40]} is not this session's ETag", "send the ETag of the answer")
        await self._connection.add_candidates(candidates_of(fragment, self._ufrag))

    def _facts(self) -> dict[str, Any]:
        """What all statistics begin with."""
        return {
            "id": self.id,
            "kind": self.kind,
            "stream": self.stream,
            "state": self._connection.connectionState,
            "seconds": round(time.monotonic() - self._began, 1),
        }
