"""One m= section of an offer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .offered_codecs import Codec, OfferedCodecs
from .refused import malformed
from .sdp_lines import SHOWN, Part

_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_EXTENSIONS = (  # of the RTP header, those that aiortc knows
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
)
_M_LINE = re.compile(r"m=([a-z]{1,16}) (\d{1,5})(?:/\d+)? ([A-Za-z0-9/]{1,32}) ([!-~]{1,32}(?: [!-~]{1,32}){0,127})\s*")
_MID = re.compile(r"[!#$%&'*+.^_`{|}~0-9A-Za-z-]{1,32}")


@dataclass(frozen=True)
class MediaSection:
    """What an m= section says."""

    part: Part
    kind: str  # "video", "audio", "application" or any other
    protocol: str
    formats: str
    mid: str
    sends: bool  # the peer sends
    wants: bool  # the peer wants to receive
    codecs: tuple[Codec, ...]  # those that we serve, in the peer's order
    named: tuple[str, ...]  # all that are offered
    open: bool  # not switched off by a port of 0
    multiplexed: bool  # RTP and RTCP over one port (RFC 5761)


def read_section(part: Part) -> MediaSection:
    """Read one section. Raises OfferRefused where its m= line or its name breaks the grammar."""
    head = _M_LINE.fullmatch(part.head)
    if head is None:
        raise malformed(f"broken m= line: {part.head[:SHOWN]!r}")
    kind, port, protocol, formats = head.groups()
    mid = part.first("mid") or ""
    if not _MID.fullmatch(mid):
        raise malformed(f"an m={kind} section has no usable a=mid: {mid[:SHOWN]!r}", "give each section a name")
    direction = next((name for name, _ in part.attributes if name in _DIRECTIONS), "sendrecv")
    offered = OfferedCodecs(part, formats)
    return MediaSection(
        part=part,
        kind=kind,
        protocol=protocol,
        formats=formats,
        mid=mid,
        sends=direction in {"sendrecv", "sendonly"},
        wants=direction in {"sendrecv", "recvonly"},
        codecs=offered.served(kind),
        named=offered.named,
        open=int(port) != 0 or part.first("bundle-only") is not None,
        multiplexed=part.first("rtcp-mux") is not None,
    )


def extension_lines(part: Part) -> list[str]:
    """The header extensions to write again (RFC 8285 section 5)."""
    known: dict[int, str] = {}
    for value in part.every("extmap"):
        found = re.fullmatch(r"(\d{1,2})(?:/\w+)? (\S+)", value)
        if found and 0 < int(found[1]) < 15 and found[2] in _EXTENSIONS:
            known.setdefault(int(found[1]), found[2])
    return [f"a=extmap:{number} {uri}" for number, uri in known.items()]


def source_lines(part: Part) -> list[str]:
    """The stream's source and that of its retransmissions, to write again (RFC 5576 sections 4.1 and 4.2)."""
    singles = [int(value.split()[0]) for value in part.every("ssrc") if re.match(r"\d{1,10} ", value)][:1]
    groups = [value.split()[1:] for value in part.every("ssrc-group") if re.fullmatch(r"FID( \d{1,10}){2}", value)]
    sources = [int(number) for number in groups[0]] if groups else singles
    if any(source >= 1 << 32 for source in sources):
        return []
    pair = [f"a=ssrc-group:FID {sources[0]} {sources[1]}"] if groups else []
    return pair + [f"a=ssrc:{source} cname:peer" for source in sources]
