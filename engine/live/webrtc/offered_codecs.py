"""The codecs of an m= section that we serve: H.264 (packetisation mode 1), VP8, Opus."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from aiortc.rtp import DYNAMIC_PAYLOAD_TYPES
from aiortc.sdp import H264Profile, parse_h264_profile_level_id

from .sdp_lines import Part

_FEEDBACK = ("nack", "nack pli", "goog-remb")  # RFC 4585 section 4.2 and what aiortc speaks besides
_NAMES = {"VP8/90000": "vp8", "H264/90000": "h264", "OPUS/48000/2": "opus"}
_KINDS = {"vp8": "video", "h264": "video", "opus": "audio"}
_PROFILES = {
    H264Profile.PROFILE_CONSTRAINED_BASELINE: "baseline",
    H264Profile.PROFILE_BASELINE: "baseline",
    H264Profile.PROFILE_MAIN: "baseline",  # whoever decodes main decodes constrained baseline, which is what we send
    H264Profile.PROFILE_CONSTRAINED_HIGH: "high",
    H264Profile.PROFILE_HIGH: "high",
}


@dataclass(frozen=True)
class Codec:
    """A codec of ours that is offered, with the lines to write for it."""

    name: str  # "h264", "vp8" or "opus"
    profile: str  # of H.264: "baseline" or "high"; else ""
    payload_types: tuple[int, ...]  # its own, then that of its retransmissions (RFC 4588) where offered
    lines: tuple[str, ...]


class OfferedCodecs:
    """What the attributes of a section say of each payload type."""

    def __init__(self, part: Part, formats: str) -> None:
        """`formats` is the end of the m= line: the payload types in the peer's order of preference."""
        self._order = [int(text) for text in dict.fromkeys(formats.split()) if re.fullmatch(r"\d{1,3}", text)]
        self._codecs = {number: value.upper() for number, value in _numbered(part, "rtpmap")}
        self._parameters = {number: _parameters(value) for number, value in _numbered(part, "fmtp")}
        self._feedback: defaultdict[int, set[str]] = defaultdict(set)
        for number, value in _numbered(part, "rtcp-fb", wildcard=self._order):
            self._feedback[number].add(value)

    @property
    def named(self) -> tuple[str, ...]:
        """All codecs offered, for a message."""
        names = (self._codecs.get(number, str(number)).partition("/")[0] for number in self._order)
        return tuple(dict.fromkeys(name for name in names if name != "RTX"))

    def served(self, kind: str) -> tuple[Codec, ...]:
        """Those of ours, in the peer's order. aiortc keeps no payload type outside the dynamic range."""
        usable = (number for number in self._order if number in DYNAMIC_PAYLOAD_TYPES)
        found = (self._codec(number) for number in usable if _KINDS.get(self._name(number)) == kind)
        return tuple(codec for codec in found if codec)

    def _name(self, number: int) -> str:
        return _NAMES.get(self._codecs.get(number, ""), "")

    def _codec(self, number: int) -> Codec | None:
        name, profile = self._name(number), ""
        if name == "opus":
            return Codec(name, profile, (number,), (f"a=rtpmap:{number} opus/48000/2",))
        lines = [f"a=rtpmap:{number} {name.upper()}/90000"]
        if name == "h264":
            own = self._parameters.get(number, {})
            level_id = own.get("profile-level-id", "42e01f")
            profile = _profile(level_id)
            if not profile or own.get("packetization-mode") != "1":
                return None
            lines.append(f"a=fmtp:{number} packetization-mode=1;profile-level-id={level_id}")
        lines += [f"a=rtcp-fb:{number} {each}" for each in _FEEDBACK if each in self._feedback[number]]
        again = self._retransmission_of(number)
        if again is not None:
            lines += [f"a=rtpmap:{again} rtx/90000", f"a=fmtp:{again} apt={number}"]
        return Codec(name, profile, (number,) if again is None else (number, again), tuple(lines))

    def _retransmission_of(self, number: int) -> int | None:
        return next(
            (
                other
                for other in self._order
                if self._codecs.get(other) == "RTX/90000"
                and other in DYNAMIC_PAYLOAD_TYPES
                and self._parameters.get(other, {}).get("apt") == str(number)
            ),
            None,
        )


def _numbered(part: Part, attribute: str, wildcard: list[int] | None = None) -> list[tuple[int, str]]:
    """Payload type and the rest of each such line; one for `*` counts for all of `wildcard`."""
    found = []
    for value in part.every(attribute):
        number, _, rest = value.partition(" ")
        if number == "*":
            found += [(each, rest) for each in wildcard or ()]
        elif re.fullmatch(r"\d{1,3}", number):
            found.append((int(number), rest))
    return found


def _parameters(text: str) -> dict[str, str]:
    pairs = (each.strip().partition("=") for each in text.split(";"))
    return {name.lower(): value for name, _, value in pairs}


def _profile(level_id: str) -> str:
    """How we encode for a decoder of this profile and level (RFC 6184 section 8.1); "" where it takes neither."""
    if not re.fullmatch(r"[0-9a-fA-F]{6}", level_id):
        return ""
    try:
        return _PROFILES.get(parse_h264_profile_level_id(level_id)[0], "")
    except ValueError:  # no such profile or level
        return ""
