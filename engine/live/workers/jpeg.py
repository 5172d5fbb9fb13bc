"""JPEG (ITU-T T.81 annex B): segments, each a marker, a length and content, then coded data up to the next marker."""

from __future__ import annotations

import re
import struct

from .picture_file import PictureFile, broken

SIGNATURE = b"\xff\xd8\xff"
LARGEST_SIDE = 65_500  # pixels, of FFmpeg's encoder
_KEPT = (  # what a segment of this marker begins with
    (0xE0, b"JFIF\0"), (0xE1, b"Exif\0"), (0xE1, b"http://ns.adobe.com/xap/1.0/\0"), (0xE2, b"ICC_PROFILE\0"),
    (0xED, b"Photoshop 3.0\0"),
)  # fmt: skip
_OF_FOUR_COLOURS = (0xE0, 0xE2)  # JFIF and profile of a CMYK picture say nothing of what is written
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _END = 0xDA, 0xD9
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # in coded data; there, FF 00 is a byte and D0 to D7 restart


def read(data: bytes) -> PictureFile:
    """Take a JPEG apart. Raises InputError for a file without a frame."""
    beside, frame, end = list[tuple[bytes, bytes]](), b"", None
    picture = [data[:2]]
    at = 2
    while (found := _MARKER.search(data, at)) is not None:
        at, marker = found.end(), data[found.end() - 1]
        if marker == _END:
            end = at
            break
        length = int.from_bytes(data[at : at + 2], "big")
        content = data[at + 2 : at + length]
        if marker in _START_OF_FRAME:
            frame = frame or content
        if any(marker == kind and content.startswith(start) for kind, start in _KEPT):
            beside.append((bytes([marker]), content))
        following = _MARKER.search(data, at + length) if marker == _SCAN else None
        after = at + length if marker != _SCAN else len(data) if following is None else following.start()
        if not 0xE0 <= marker <= 0xED and marker != 0xFE:  # APP14 tells the decoder which colours it has
            picture.append(data[found.start() : after])
        at = after
    if len(frame) < 6:
        raise broken("the JPEG holds no frame")
    height, width, colours = struct.unpack_from(">HHB", frame, 1)
    return PictureFile(
        decoder="mjpeg",
        width=width,
        height=height,
        picture=b"".join([*picture, b"\xff\xd9"]),
        beside=tuple(part for part in beside if colours < 4 or part[0][0] not in _OF_FOUR_COLOURS),
        lossless=False,
        damage="the file ends early" if end is None else None,
    )


def write(encoded: bytes, source: PictureFile) -> bytes:
    """The encoder's JPEG with what was beside the picture in `source`."""
    segments = [b"\xff" + kind + struct.pack(">H", len(content) + 2) + content for kind, content in source.beside]
    return b"".join([encoded[:2], *segments, encoded[2:]])
