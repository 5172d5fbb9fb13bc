"""Who publishes and who watches: the registry of the media process, on its event loop."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..refused import Refused, no_such_session
from ..settings import IceSettings, LiveSettings
from ..trace import Trace
from ..vitals import vitals
from ..webrtc.connection import ice_servers
from ..webrtc.sdp import OfferFacts, check_offer
from .publication import Publication
from .session import Session
from .totals import Totals
from .viewer import Viewer

RETRY_SECONDS = 5


class Host:
    """All sessions. Each call is a method's name with its arguments, and gives what JSON holds."""

    def __init__(self, live: LiveSettings, ice: IceSettings, max_sessions: int, trace: Path | None) -> None:
        """Raises UsageError for an ICE server that is none, OutputError when `trace` cannot be written."""
        ice_servers(ice)
        self._live, self._ice, self._max_sessions = live, ice, max_sessions
        self._trace = None if trace is None else Trace(trace)
        self._sessions: dict[str, Session] = {}
        self._streams: dict[str, Publication] = {}
        self._totals = Totals()
        self._endings = set[asyncio.Task[None]]()
        self._calls: dict[str, Callable[..., Awaitable[Any]]] = {
            "publish": self._publish,
            "echo": self._echo,
            "watch": self._watch,
            "trickle": self._trickle,
            "settings": self._settings,
            "change": self._change,
            "end": self._end,
            "sessions": self._all_sessions,
            "totals": self._all_totals,
            "vitals": self._vitals,
            "close": self.close,
        }

    async def handle(self, call: str, arguments: dict[str, Any]) -> Any:
        """Answer a call of the server's. Raises Refused."""
        return await self._calls[call](**arguments)

    async def close(self) -> None:
        """Say goodbye to every peer and end everything; twice is allowed."""
        await asyncio.gather(*map(self._drop, list(self._sessions.values())))
        if self._trace is not None:
            self._trace.close()

    async def _publish(self, stream: str, offer: str, settings: dict[str, Any]) -> dict[str, str]:
        self._admit(stream)
        facts = check_offer(offer)
        publication = Publication(stream, LiveSettings(**settings), self._ice, self._lost, self._trace)
        return await self._begin(publication, facts)

    async def _echo(self, offer: str, settings: dict[str, Any]) -> dict[str, str]:
        self._admit()
        facts = check_offer(offer)
        publication = Publication(None, LiveSettings(**settings), self._ice, self._lost, self._trace, back=True)
        return await self._begin(publication, facts)

    async def _watch(self, stream: str, offer: str) -> dict[str, str]:
        if stream not in self._streams:
            raise Refused(404, f"nobody publishes {stream}", "GET /sessions lists the streams")
        self._admit()
        facts = check_offer(offer)
        return await self._begin(Viewer(self._streams[stream], self._ice, self._lost), facts)

    async def _begin(self, session: Session, facts: OfferFacts) -> dict[str, str]:
        """Take a session in and answer its offer; one that fails leaves nothing."""
        self._sessions[session.id] = session
        if isinstance(session, Publication):
            self._streams[session.stream] = session
        try:
            answer = await session.answer(facts)
        except BaseException as error:
            if isinstance(error, Exception) and session.id not in self._sessions:  # that is why it failed
                raise _ended(session) from error
            await self._drop(session)
            raise
        if session.id not in self._sessions:
            raise _ended(session)
        self._totals.opened[session.kind] += 1
        return {"id": session.id, "etag": session.etag, "sdp": answer}

    def _admit(self, stream: str | None = None) -> None:
        """Before anything is made for a session. Raises Refused."""
        if len(self._sessions) >= self._max_sessions:
            words = f"all {self._max_sessions} sessions are taken"
            raise Refused(503, words, "try again when one has ended", retry_after=RETRY_SECONDS)
        if stream in self._streams:
            raise Refused(409, f"{stream} is being published", "end that session first, or take another name")

    def _lost(self, session: Session) -> None:
        """Its connection has ended by itself."""
        ending = asyncio.create_task(self._drop(session), name=f"end {session.id}")
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    async def _drop(self, session: Session) -> None:
        """End a session, and those that watch it; twice is allowed."""
        if self._sessions.pop(session.id, None) is None:
            return
        if isinstance(session, Publication):
            del self._streams[session.stream]
            self._totals.ended += session.counts()  # before anything is waited for: no counter may ever fall
            await asyncio.gather(*map(self._drop, self._viewers_of(session)))
        await session.close()

    def _viewers_of(self, publication: Publication) -> list[Session]:
        every = self._sessions.values()
        return [one for one in every if isinstance(one, Viewer) and one.publication is publication]

    async def _trickle(self, session: str, fragment: str, if_match: str | None) -> None:
        await self._found(session).trickle(fragment, if_match)

    async def _settings(self, session: str) -> dict[str, Any]:
        return asdict(self._publication(session).settings)

    async def _change(self, session: str, settings: dict[str, Any]) -> dict[str, Any]:
        publication = self._publication(session)
        publication.change(LiveSettings(**settings))
        return publication.statistics()

    async def _end(self, session: str) -> None:
        await self._drop(self._found(session))

    async def _all_sessions(self) -> list[dict[str, Any]]:
        return [session.statistics() for session in self._sessions.values()]

    async def _all_totals(self) -> dict[str, Any]:
        kinds = Counter(session.kind for session in self._sessions.values())
        now = {kind: kinds[kind] for kind in ("publisher", "viewer")}
        streams = self._streams.values()
        totals = self._totals.to_json((s.counts() for s in streams), (s.statistics() for s in streams))
        return {"sessions": now, "vitals": vitals(), **totals}

    async def _vitals(self) -> dict[str, int | None]:
        return vitals()

    def _found(self, session: str) -> Session:
        """Raises Refused with 404."""
        if session not in self._sessions:
            raise no_such_session(session)
        return self._sessions[session]

    def _publication(self, session: str) -> Publication:
        """Raises Refused with 404, or with 409 for a viewer's."""
        found = self._found(session)
        if not isinstance(found, Publication):
            raise Refused(409, f"session {session} only watches", "change the settings of the publisher's session")
        return found


def _ended(session: Session) -> Refused:
    return Refused(404, f"{session.stream} ended before the offer was answered", "GET /sessions lists the streams")
