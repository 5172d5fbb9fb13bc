"""An offer, or a piece of one, that cannot be served."""

from __future__ import annotations

from ..refused import Refused


class OfferRefused(Refused):
    """What is wrong with an offer; `status` is the HTTP status that says so (RFC 9725 section 4.2)."""


def malformed(message: str, hint: str = "send the offer as the WebRTC library made it") -> OfferRefused:
    """Refuse what breaks the grammar."""
    return OfferRefused(400, message, hint)


def unserved(message: str, hint: str) -> OfferRefused:
    """Refuse what is well-formed but nothing that we have."""
    return OfferRefused(422, message, hint)
