"""Packets of the tracks that are copied, compared in step while both files are read.

What counts as the same payload is what stays the same between containers:

* AAC: the frame without its ADTS header (MPEG-TS has one, MP4 and Matroska do not);
* H.264 and HEVC (a second video track): the NAL units, however they are delimited, without parameter sets and
  access unit delimiters, which move between packets and the file's header;
* PCM: the samples one after the other, for containers cut them into packets as they like;
* text subtitles: what is read and when; in the same format also the bytes;
* all else: the bytes.

Moments may differ by one tick of the coarser of the two time bases: containers that store a codec delay round
twice. Sound whose clock jumps back goes on where it was: such a packet follows its predecessor. Memory: what one
file is ahead of the other in its interleaving, as digests of 16 bytes.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from .payload import payload_of
from .reading import AnyPacket
from .report import Finding
from .survey import Track
from .texts import TEXT_CODECS, plain_text
from .times import in_seconds


@dataclass(frozen=True)
class _Entry:
    """A packet as it is remembered until its counterpart comes."""

    moment: Fraction | None
    duration: Fraction
    tick: Fraction
    content: bytes | str
    raw: bytes = b""


class CopiedTrack:
    """One track in both files. Give it packets as they come; `findings` when both files are read."""

    def __init__(self, ours: Track, theirs: Track) -> None:
        self._name = f"{ours.kind} track {theirs.index} ({theirs})"
        self._text = ours.kind == "subtitle" and {ours.codec, theirs.codec} <= TEXT_CODECS
        self._converted = ours.codec != theirs.codec
        self._waiting: tuple[deque[_Entry], deque[_Entry]] = deque(), deque()
        self._forward = ours.kind == "audio"
        self._last: list[_Entry | None] = [None, None]
        self._numbers = [0, 0]
        self._first: dict[str, str] = {}

    def take(self, side: int, packet: AnyPacket) -> None:
        """A packet of the input (side 0) or the output (side 1)."""
        entry = self._entry(packet)
        if self._forward:
            entry = self._after_the_last(side, entry)
        if entry.content == "":  # MP4 fills the time between subtitles with empty ones
            return
        self._numbers[side] += 1
        self._waiting[side].append(entry)
        while all(self._waiting):
            self._compare(self._waiting[0].popleft(), self._waiting[1].popleft())

    def findings(self) -> Iterator[Finding]:
        """What was found, one finding of each kind."""
        if self._numbers[0] != self._numbers[1]:
            a, b = self._numbers
            yield Finding("tracks.packets", f"{self._name} has {b} packets, the input's has {a}")
        for check, message in self._first.items():
            yield Finding(check, f"{self._name}: {message}")

    def _entry(self, packet: AnyPacket) -> _Entry:
        if not self._text:
            return _entry(packet, _digest(payload_of(packet)))
        return _entry(packet, plain_text(packet), b"" if self._converted else _digest(bytes(packet)))

    def _after_the_last(self, side: int, entry: _Entry) -> _Entry:
        moment, last = entry.moment, self._last[side]
        if moment is not None and last is not None and last.moment is not None and moment < last.moment:
            entry = replace(entry, moment=last.moment + last.duration)
        self._last[side] = entry
        return entry

    def _compare(self, ours: _Entry, theirs: _Entry) -> None:
        if self._first:  # after a lost packet all later ones differ
            return
        number = min(self._numbers)
        tick = max(ours.tick, theirs.tick)
        if ours.content != theirs.content:
            check = "tracks.text" if self._text else "tracks.payload"
            self._first[check] = f"packet {number} holds {_shown(theirs)}, the input's {_shown(ours)}"
        elif ours.raw != theirs.raw:
            self._first["tracks.payload"] = f"packet {number} has other styles than the input's {_shown(ours)}"
        elif _apart(ours, theirs) > tick:
            self._first["tracks.pts"] = f"packet {number} is {_at(theirs)}, the input's {_at(ours)}"
        elif self._text and abs(ours.duration - theirs.duration) > 2 * tick:
            self._first["tracks.pts"] = (
                f"text {number} stays {in_seconds(theirs.duration)}, the input's {in_seconds(ours.duration)}"
            )


class SampledTrack:
    """A PCM track in both files, compared as one run of bytes."""

    def __init__(self, ours: Track, theirs: Track) -> None:
        self._name = f"{ours.kind} track {theirs.index} ({theirs})"
        self._digests = hashlib.sha256(), hashlib.sha256()
        self._sizes = [0, 0]
        self._begins: list[_Entry | None] = [None, None]

    def take(self, side: int, packet: AnyPacket) -> None:
        """A packet of the input (side 0) or the output (side 1)."""
        data = bytes(packet)
        self._digests[side].update(data)
        self._sizes[side] += len(data)
        self._begins[side] = self._begins[side] or _entry(packet, b"")

    def findings(self) -> Iterator[Finding]:
        """What was found."""
        ours, theirs = self._begins
        a, b = self._sizes
        if a != b:
            yield Finding("tracks.packets", f"{self._name} has {b} bytes, the input's has {a}")
        elif self._digests[0].digest() != self._digests[1].digest():
            yield Finding("tracks.payload", f"{self._name} has {b} bytes as the input's, but others")
        if ours and theirs and _apart(ours, theirs) > max(ours.tick, theirs.tick):
            yield Finding("tracks.pts", f"{self._name} begins {_at(theirs)}, the input's {_at(ours)}")


def comparison_of(ours: Track, theirs: Track) -> CopiedTrack | SampledTrack:
    """The comparison that fits the track's codec."""
    pcm = ours.codec.startswith("pcm_") and theirs.codec == ours.codec
    return SampledTrack(ours, theirs) if pcm else CopiedTrack(ours, theirs)


def _entry(packet: AnyPacket, content: bytes | str, raw: bytes = b"") -> _Entry:
    tick = Fraction(packet.time_base)
    moment = None if packet.pts is None else packet.pts * tick
    return _Entry(moment, (packet.duration or 0) * tick, tick, content, raw)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def _apart(ours: _Entry, theirs: _Entry) -> Fraction:
    """How far in time; a packet without pts is anywhere."""
    if ours.moment is None or theirs.moment is None:
        return Fraction(0)
    return abs(ours.moment - theirs.moment)


def _at(entry: _Entry) -> str:
    return "without pts" if entry.moment is None else f"at {in_seconds(entry.moment)}"


def _shown(entry: _Entry) -> str:
    content = entry.content
    return repr(content) if isinstance(content, str) else f"bytes of digest {content.hex()[:12]}"
