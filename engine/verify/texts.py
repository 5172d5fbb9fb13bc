"""Text subtitles as what a viewer reads, whatever their format."""

from __future__ import annotations

import re

import av.error
from av.packet import Packet
from av.stream import Stream
from av.subtitles.subtitle import AssSubtitle

TEXT_CODECS = frozenset({"ass", "ssa", "subrip", "srt", "mov_text", "webvtt", "text"})


def plain_text(packet: Packet[Stream]) -> str:
    """The words of a text subtitle packet, without style tags; lines end in a newline.

    A packet its decoder refuses counts as its bytes, so that it still has to be the same on both sides.
    """
    try:
        subtitles = packet.decode()
    except av.error.FFmpegError:
        return bytes(packet).decode("utf-8", "backslashreplace")
    texts = (part.ass.decode("utf-8", "replace") for part in subtitles if isinstance(part, AssSubtitle))
    return "\n".join(_without_styles(text.split(",", 8)[-1]) for text in texts)


def _without_styles(text: str) -> str:
    text = re.sub(r"\{[^}]*\}", "", text)
    text = text.replace(r"\N", "\n").replace(r"\n", "\n").replace(r"\h", " ")
    return "\n".join(line.strip() for line in text.strip().splitlines())
