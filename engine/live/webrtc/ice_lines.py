"""How a peer wants to be reached: ICE credentials and candidates (RFC 8839), certificate fingerprints (RFC 8122)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from aiortc.rtcdtlstransport import X509_DIGEST_ALGORITHMS

from .refused import malformed, unserved
from .sdp_lines import SHOWN, Part

MOST_CANDIDATES = 32  # taken from one peer; what comes after them is ignored
_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_FINGERPRINT = re.compile(r"([A-Za-z0-9-]{1,16}) ([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){15,63})")
_CANDIDATE = re.compile(
    r"[A-Za-z0-9+/]{1,32} 1 udp \d{1,10} (\S{1,64}) (\d{1,5}) typ (?:host|srflx|relay)(?= |$)", re.IGNORECASE
)
_SETUPS = ("actpass", "active", "passive")


@dataclass(frozen=True)
class Transport:
    """What one a= block says of the way to a peer, with every part of it checked."""

    ufrag: str
    password: str
    fingerprints: tuple[str, ...]
    setup: str  # who begins DTLS (RFC 4145 section 4)
    lite: bool
    candidates: tuple[str, ...]  # without "a=candidate:"

    @property
    def lines(self) -> list[str]:
        """Its attributes, but for `lite`, which is the session's."""
        return [
            f"a=ice-ufrag:{self.ufrag}",
            f"a=ice-pwd:{self.password}",
            *(f"a=fingerprint:{each}" for each in self.fingerprints),
            f"a=setup:{self.setup}",
            *(f"a=candidate:{each}" for each in self.candidates),
        ]


def read_transport(section: Part, session: Part) -> Transport:
    """Read what a section says, or the session for all of them. Raises OfferRefused."""

    def stated(name: str) -> str:
        value = section.first(name) or session.first(name)
        if value is None:
            raise malformed(f"no a={name} in the offer")
        return value

    ufrag, password, setup = stated("ice-ufrag"), stated("ice-pwd"), stated("setup")
    if not _UFRAG.fullmatch(ufrag) or not _PASSWORD.fullmatch(password):
        raise malformed(f"a=ice-ufrag or a=ice-pwd breaks the grammar of RFC 8839: {ufrag[:SHOWN]!r}")
    if setup not in _SETUPS:
        raise malformed(f"a=setup:{setup[:SHOWN]} in an offer; allowed: {', '.join(_SETUPS)}")
    stated("fingerprint")
    return Transport(
        ufrag,
        password,
        _fingerprints(section.every("fingerprint") or session.every("fingerprint")),
        setup,
        session.first("ice-lite") is not None,
        tuple(usable_candidates(section.every("candidate"))[:MOST_CANDIDATES]),
    )


def usable_candidates(values: list[str]) -> list[str]:
    """The candidates among the values of a=candidate lines to which we can send: UDP, first component, an address.

    A name ending in .local (mDNS) hides an address and cannot be looked up outside its network; its owner's own checks
    reach us all the same. What stands behind the type is left out: related addresses and extensions.
    """
    found = (_CANDIDATE.match(value) for value in values)
    return list(dict.fromkeys(each[0] for each in found if each and _is_address(each[1], int(each[2]))))


def _is_address(host: str, port: int) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return 0 < port < 1 << 16


def _fingerprints(values: list[str]) -> tuple[str, ...]:
    known = []
    for value in values:
        found = _FINGERPRINT.fullmatch(value)
        if found is None:
            raise malformed(f"broken a=fingerprint: {value[:SHOWN]!r}")
        if found[1].lower() in X509_DIGEST_ALGORITHMS:
            known.append(value)
    if not known:
        allowed = ", ".join(X509_DIGEST_ALGORITHMS)
        raise unserved(f"the certificate's fingerprint is {values[0].split()[0]}", f"use one of {allowed}")
    return tuple(known)
