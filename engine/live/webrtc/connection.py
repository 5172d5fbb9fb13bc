"""A connection with one peer: made by our rules, answered, watched and always closed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from aiortc import MediaStreamTrack, RTCIceCandidate, RTCIceServer, RTCSessionDescription
from aiortc.rtcicetransport import connection_kwargs

from ...errors import UsageError
from ..settings import IceSettings
from .ice_lines import MOST_CANDIDATES
from .inside.peer import LivePeer
from .inside.receiver import LiveReceiver
from .inside.sender import LiveSender
from .refused import OfferRefused
from .sdp import OfferFacts, complete_answer

CONNECT_WITHIN = 10.0  # seconds; aiortc alone waits for ever for a peer that never comes
CLOSE_WITHIN = 5.0  # seconds that anybody waits for it; a TURN server that is gone answers nothing
GIVE_UP_WITHIN = 100.0  # seconds; aioice asks such a server for 64
_endings: set[asyncio.Task[None]] = set()  # under way; asyncio itself holds no task
_log = logging.getLogger(__name__)


class LiveConnection(LivePeer):
    """A peer connection that answers an offer, and that closes itself when the peer never comes or is lost.

    A lost peer is noticed by the checks of its consent (`inside/constants.py`), after about 7 s.
    """

    def __init__(
        self,
        servers: list[RTCIceServer],
        addresses: tuple[str, ...],
        closed: Callable[[str], None],
        connect_within: float,
    ) -> None:
        """See `new_connection`."""
        super().__init__(servers, addresses)
        self._closed = closed
        self._closing: asyncio.Task[None] | None = None
        loop = asyncio.get_running_loop()
        late = f"not connected within {connect_within:g} s"
        self._watchdog = loop.call_later(connect_within, self._close_because, late)
        self.on("connectionstatechange", self._state_changed)

    def receiver(self, kind: str) -> LiveReceiver:
        """What receives the peer's "video" or "audio", once the offer has been answered and has it."""
        return next(each for each in self.getReceivers() if isinstance(each, LiveReceiver) and each.kind == kind)

    def sender(self, kind: str) -> LiveSender:
        """What sends "video" or "audio" to the peer."""
        return next(each for each in self.getSenders() if isinstance(each, LiveSender) and each.kind == kind)

    async def answer(
        self, facts: OfferFacts, video: MediaStreamTrack | None = None, audio: MediaStreamTrack | None = None
    ) -> str:
        """Take the offer that `check_offer` has read, sending the tracks that it wants; the answer's text.

        Raises OfferRefused where there is no local address to be reached at.
        """
        tracks = {"video": video, "audio": audio}
        for section in facts.served:  # in their order, or aiortc stops the transport that they share
            track = tracks[section.kind] if section.wants else None
            self.addTransceiver(track or section.kind, "sendrecv" if track else "recvonly")
        await self.setRemoteDescription(RTCSessionDescription(facts.offer, "offer"))
        await self.setLocalDescription(await self.createAnswer())
        answer: str = self.localDescription.sdp
        if "a=candidate:" not in answer:
            raise OfferRefused(503, "this server has no address to be reached at", "set its local addresses")
        return complete_answer(facts, answer)

    async def add_candidates(self, candidates: Iterable[RTCIceCandidate]) -> None:
        """Try these too, those of the offer and all fragments together up to 32."""
        for transceiver in self.getTransceivers()[:1]:  # all share its transport
            ice = transceiver.receiver.transport.transport
            for candidate in candidates:
                if len(ice.getRemoteCandidates()) < MOST_CANDIDATES:
                    await ice.addRemoteCandidate(candidate)

    async def close(self, reason: str = "closed") -> None:
        """End everything that was begun, then call `closed` with the first reason given; a second call waits for it.

        What takes longer than 5 s goes on without anybody waiting, for 100 s at most.
        """
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close(reason))
        await asyncio.shield(self._closing)

    async def _close(self, reason: str) -> None:
        self._watchdog.cancel()
        ending = asyncio.get_running_loop().create_task(self._end())
        _endings.add(ending)
        ending.add_done_callback(_endings.discard)
        _, late = await asyncio.wait({ending}, timeout=CLOSE_WITHIN)
        if late:
            _log.warning("a connection did not close within %g s; it goes on in the background", CLOSE_WITHIN)
        self._closed(reason)

    async def _end(self) -> None:
        try:
            async with asyncio.timeout(GIVE_UP_WITHIN):
                await super().close()
        except TimeoutError:
            _log.warning("a connection did not close within %g s and is left half open", GIVE_UP_WITHIN)

    def _close_because(self, reason: str) -> None:
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close(reason))

    def _state_changed(self) -> None:
        if self.connectionState == "connected":
            self._watchdog.cancel()
        elif self.connectionState == "failed":
            self._close_because("the connection failed or was lost")


def new_connection(
    ice: IceSettings, closed: Callable[[str], None] = lambda _: None, connect_within: float = CONNECT_WITHIN
) -> LiveConnection:
    """A connection that waits for its offer, on the running event loop.

    `closed` is called once, on the loop, with the reason, when all of the connection has ended: closed by either side,
    lost, or not connected within `connect_within` seconds. Raises UsageError for a STUN or TURN URL that is none.
    """
    return LiveConnection(ice_servers(ice), ice.addresses, closed, connect_within)


def ice_servers(ice: IceSettings) -> list[RTCIceServer]:
    """The STUN and TURN servers for aiortc. Raises UsageError."""
    servers = [RTCIceServer(url, username=ice.username, credential=ice.credential) for url in ice.servers]
    for server in servers:
        try:
            connection_kwargs([server])
        except ValueError as error:
            raise UsageError(
                f"ICE server {server.urls!r}: {error}", "write stun:host:port, turn:host:port or turns:host:port"
            ) from None
    return servers
