"""What the harness changes in aioice within its own peers: loopback addresses, and datagrams lost on purpose."""

from __future__ import annotations

import random
from typing import Any

from aioice import ice

ADDRESS = "127.0.0.1"


def use_loopback() -> None:
    """Offer 127.0.0.1 alone, which aioice leaves out by itself: for a machine without any network."""
    ice.get_host_addresses = lambda use_ipv4, use_ipv6: [ADDRESS]  # noqa: ARG005  aioice gives them by name


def lose_datagrams(share: float, seed: int = 1) -> None:
    """Drop this share of the media that arrives at this process, the same datagrams of a sequence each time.

    RTP and RTCP begin with a byte of 128 to 191 (RFC 7983); STUN and DTLS are left alone.
    """
    receive, chance = ice.StunProtocol.datagram_received, random.Random(seed)  # noqa: S311  no secret

    def received(self: ice.StunProtocol, data: bytes | str, addr: tuple[Any, ...]) -> None:
        media = isinstance(data, bytes) and data and 128 <= data[0] < 192
        if not (media and chance.random() < share):
            receive(self, data, addr)

    ice.StunProtocol.datagram_received = received  # type: ignore[method-assign]
