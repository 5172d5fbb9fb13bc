"""Offers: read, checked, and written again for aiortc with only what it needs; answers: completed.

So nothing that a peer wrote reaches aiortc's parser as it came. What we do not serve (a second video, data channels,
other audio codecs) is refused in the answer by a port of 0 (RFC 3264 section 6), which aiortc cannot do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .ice_lines import Transport, read_transport
from .media_section import MediaSection, extension_lines, read_section, source_lines
from .offered_codecs import Codec
from .refused import OfferRefused, malformed, unserved
from .sdp_lines import SHOWN, Part, split

__all__ = ["OfferFacts", "OfferRefused", "answer_with_bitrate", "check_offer", "complete_answer"]

MOST_BYTES = 64 << 10
MOST_SECTIONS = 16


@dataclass(frozen=True)
class OfferFacts:
    """What an offer asks for and what of it we serve: one video and perhaps one audio, over one transport."""

    sections: tuple[MediaSection, ...]  # all, in the offer's order
    video: MediaSection  # its codecs in the order of the answer
    audio: MediaSection | None
    transport: Transport
    simulcast: bool  # offered; our answer takes one of its streams

    @property
    def offer(self) -> str:
        """The offer written again, for the connection."""
        return _written(self.served, self.transport)

    @property
    def served(self) -> tuple[MediaSection, ...]:
        """The sections that our answer takes up, in the offer's order."""
        return tuple(section for section in self.sections if section in (self.video, self.audio))

    @property
    def codec(self) -> str:
        """The video codec that our answer puts first: "h264" or "vp8"."""
        return self.video.codecs[0].name

    @property
    def profile(self) -> str:
        """Its profile: "baseline" or "high" of H.264, else ""."""
        return self.video.codecs[0].profile


def check_offer(sdp: str, prefer: tuple[str, ...] = ()) -> OfferFacts:
    """Read an offer. Raises OfferRefused with the HTTP status: 400 broken, 413 too large, 422 nothing we have.

    `prefer` has codecs ("h264", "vp8") or H.264 profiles ("h264 high", "h264 baseline"), best first; they go before
    the others, which stay in the peer's order.
    """
    if len(sdp) > MOST_BYTES or len(sdp.encode(errors="replace")) > MOST_BYTES:
        raise OfferRefused(413, f"the offer has over {MOST_BYTES >> 10} KB", "leave out candidates and codecs")
    session, parts = split(sdp)
    if not any(part.head.startswith("m=video") for part in parts):
        raise malformed("the offer has no m=video", "send an SDP offer with a video track")
    if len(parts) > MOST_SECTIONS:
        raise malformed(f"the offer has {len(parts)} m= sections; {MOST_SECTIONS} are allowed")
    sections = [_in_order(read_section(part), prefer) for part in parts]
    if len({section.mid for section in sections}) < len(sections):
        raise malformed("two m= sections have the same a=mid")
    video = _video(sections)
    audio = _audio(sections, _bundled_with(video, session))
    leader = next(section for section in sections if section in (video, audio))
    transport = read_transport(leader.part, session)
    simulcast = video.part.first("simulcast") is not None
    return OfferFacts(tuple(sections), video, audio, transport, simulcast)


def complete_answer(facts: OfferFacts, answer: str) -> str:
    """`answer`, which aiortc gave to `facts.offer`, with the sections added that the whole offer has and we refuse."""
    session, *served = _texts(answer)
    texts = iter(served)
    return session + "".join(
        next(texts) if section in facts.served else _refusal(section) for section in facts.sections
    )


def answer_with_bitrate(answer: str, start: int, least: int, most: int) -> str:
    """`answer` with the rates that a sender made of libwebrtc (browsers) is to keep to, in bits a second.

    Left alone it begins near 300 kb/s and gives up resolution. It reads these of the answer's a=fmtp of each codec.
    """
    limits = f"x-google-start-bitrate={start // 1000};x-google-min-bitrate={least // 1000}"
    limits += f";x-google-max-bitrate={most // 1000}"
    lines = []
    for line in answer.split("\r\n"):
        video = re.fullmatch(r"a=rtpmap:(\d+) (?:VP8|H264)/90000", line)
        lines += [line, f"a=fmtp:{video[1]} {limits}"] if video else [line]
    return "\r\n".join(_merged(lines))


def _merged(lines: list[str]) -> Iterator[str]:
    """Lines with the a=fmtp of one payload type as one line, where the last of them stood."""
    last = {_format(line): place for place, line in enumerate(lines) if _format(line)}
    for place, line in enumerate(lines):
        number = _format(line)
        if not number:
            yield line
        elif last[number] == place:
            values = [each.partition(" ")[2] for each in lines if _format(each) == number]
            yield f"a=fmtp:{number} {';'.join(reversed(values))}"


def _format(line: str) -> str:
    """The payload type of an a=fmtp line, else ""."""
    return line.removeprefix("a=fmtp:").partition(" ")[0] if line.startswith("a=fmtp:") else ""


def _in_order(section: MediaSection, prefer: tuple[str, ...]) -> MediaSection:
    def rank(codec: Codec) -> int:
        places = [place for place, name in enumerate(prefer) if name in {codec.name, f"{codec.name} {codec.profile}"}]
        return min(places, default=len(prefer))

    return replace(section, codecs=tuple(sorted(section.codecs, key=rank)))


def _video(sections: list[MediaSection]) -> MediaSection:
    """The first video that we can serve."""
    videos = [section for section in sections if section.kind == "video"]
    usable = [section for section in videos if section.open and section.multiplexed]
    if not usable:
        raise unserved("the video is switched off (port 0) or lacks a=rtcp-mux", "offer it with a port and a=rtcp-mux")
    for section in usable:
        if section.codecs:
            return section
    named = ", ".join(name for section in usable for name in section.named)[:SHOWN]
    raise unserved(f"no video codec of the offer is served: {named}", "offer VP8, or H264 with packetization-mode=1")


def _audio(sections: list[MediaSection], bundled: set[str]) -> MediaSection | None:
    """The first audio that can share the video's transport; the stream works without one."""
    usable = (section for section in sections if section.kind == "audio" and section.open and section.multiplexed)
    return next((section for section in usable if section.codecs and section.mid in bundled), None)


def _bundled_with(video: MediaSection, session: Part) -> set[str]:
    """The names of the sections over one transport with the video (RFC 9143 section 7)."""
    groups = (value.split()[1:] for value in session.every("group") if value.startswith("BUNDLE "))
    return next((set(group) for group in groups if video.mid in group), {video.mid})


def _written(served: tuple[MediaSection, ...], transport: Transport) -> str:
    lines = ["v=0", "o=- 0 0 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE " + " ".join(each.mid for each in served)]
    lines += ["a=ice-lite"] * transport.lite
    for section in served:
        types = " ".join(str(number) for codec in section.codecs for number in codec.payload_types)
        direction = {(True, True): "sendrecv", (True, False): "sendonly", (False, True): "recvonly"}
        lines += [
            f"m={section.kind} 9 UDP/TLS/RTP/SAVPF {types}",
            f"a={direction.get((section.sends, section.wants), 'inactive')}",
            f"a=mid:{section.mid}",
            "a=rtcp-mux",
            *transport.lines,
            *extension_lines(section.part),
            *source_lines(section.part),
            *(line for codec in section.codecs for line in codec.lines),
        ]
    return "\r\n".join(lines) + "\r\n"


def _texts(sdp: str) -> list[str]:
    """The session's text and that of each section."""
    return re.split(r"(?m)^(?=m=)", sdp)


def _refusal(section: MediaSection) -> str:
    lines = [f"m={section.kind} 0 {section.protocol} {section.formats}", "c=IN IP4 0.0.0.0", f"a=mid:{section.mid}"]
    return "\r\n".join([*lines, "a=inactive"]) + "\r\n"
