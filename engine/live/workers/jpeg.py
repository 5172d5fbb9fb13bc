"""JPEG (ITU-T T.81 annex B): segments, each a marker, a length and content, then coded data up to the next marker."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from .picture_file import PictureFile, broken

SIGNATURE = b"\xff\xd8\xff"
LARGEST_SIDE = 65_500  # pixels, of FFmpeg's encoder
_KEPT = (  # what a segment of this marker begins with
    (0xE0, b"JFIF\0"), (0xE1, b"Exif\0"), (0xE1, b"http://ns.adobe.com/xap/1.0/\0"), (0xE2, b"ICC_PROFILE\0"),
    (0xED, b"Photoshop 3.0\0"),
)  # fmt: skip
_OF_THREE = (0xE0, 0xE2)  # JFIF and profile of a picture of four inks do not fit the one of three colours
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _END = 0xDA, 0xD9
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # in coded data; there, FF 00 is a byte and D0 to D7 restart


@dataclass(frozen=True)
class _Segment:
    """With the coded data that follows it, if any."""

    marker: int
    content: bytes
    whole: bytes

    @property
    def kept(self) -> bool:
        """Whether it goes with the enlarged picture."""
        return any(self.marker == marker and self.content.startswith(start) for marker, start in _KEPT)

    @property
    def beside(self) -> bool:
        """Whether a decoder can do without it. It cannot without APP14, which tells what the colours are."""
        return 0xE0 <= self.marker <= 0xED or self.marker in (0xFE, _END)


def read(data: bytes) -> PictureFile:
    """Take a JPEG apart. Raises InputError for a file without a frame."""
    segments = list(_segments(data))
    frame = next((s.content for s in segments if s.marker in _START_OF_FRAME), b"")
    if len(frame) < 6:
        raise broken("the JPEG holds no frame")
    height, width, colours = struct.unpack_from(">HHB", frame, 1)
    return PictureFile(
        decoder="mjpeg",
        width=width,
        height=height,
        picture=b"".join([data[:2], *(s.whole for s in segments if not s.beside), b"\xff\xd9"]),
        beside=tuple(
            (bytes([s.marker]), s.content) for s in segments if s.kept and (colours < 4 or s.marker not in _OF_THREE)
        ),
        lossless=False,
        damage=None if segments[-1].marker == _END else "the file ends early",
    )


def write(encoded: bytes, source: PictureFile) -> bytes:
    """The encoder's JPEG with what was beside the picture in `source`."""
    segments = [b"\xff" + kind + struct.pack(">H", len(content) + 2) + content for kind, content in source.beside]
    return b"".join([encoded[:2], *segments, encoded[2:]])


def _segments(data: bytes) -> Iterator[_Segment]:
    """Up to the end of the picture, which may be followed by others, or of the data."""
    at, marker = 2, 0
    while marker != _END and (found := _MARKER.search(data, at)) is not None:
        marker = data[found.end() - 1]
        at = found.end() + (0 if marker == _END else int.from_bytes(data[found.end() : found.end() + 2], "big"))
        content = data[found.end() + 2 : at]
        if marker == _SCAN:
            following = _MARKER.search(data, at)
            at = len(data) if following is None else following.start()
        yield _Segment(marker, content, data[found.start() : at])
