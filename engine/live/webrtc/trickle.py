"""Candidates that a peer finds after its offer (trickle ICE fragments, RFC 8840 section 9)."""

from __future__ import annotations

from aiortc import RTCIceCandidate
from aiortc.sdp import candidate_from_sdp

from .ice_lines import usable_candidates
from .refused import OfferRefused, malformed, unserved
from .sdp_lines import SHOWN, split

MOST_BYTES = 64 << 10


def candidates_of(fragment: str, ufrag: str | None = None) -> list[RTCIceCandidate]:
    """The usable candidates of a fragment: none in one that only says that they end.

    `ufrag` is the one of the offer; another one asks for an ICE restart. Raises OfferRefused: 400 broken, 413 too
    large, 422 a restart.
    """
    if len(fragment) > MOST_BYTES:
        raise OfferRefused(413, f"the fragment has over {MOST_BYTES >> 10} KB", "send candidates as they are found")
    session, media = split(fragment)
    parts = [session, *media]
    values = [value for part in parts for value in part.every("candidate")]
    if not values and not any(part.every("end-of-candidates") for part in parts):
        raise malformed("the fragment has neither a=candidate nor a=end-of-candidates", "send those found, or the end")
    stated = next((part.first("ice-ufrag") for part in parts if part.first("ice-ufrag")), None)
    if ufrag is not None and stated not in {None, ufrag}:
        raise unserved(
            f"ICE restart (a=ice-ufrag:{stated[:SHOWN]}) is not served", "close the session and open another"
        )
    return [candidate_from_sdp(value) for value in usable_candidates(values)]
