"""WebP (RFC 9649): a RIFF file of chunks; one with anything beside the picture begins with VP8X (section 2.7)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from ..refused import Refused
from .picture_file import PictureFile, broken

LARGEST_SIDE = 16_383  # pixels
_ALPHA = 0x10  # flags of VP8X
_KEPT = {b"ICCP": 0x20, b"EXIF": 0x08, b"XMP ": 0x04}
_PICTURE = (b"ALPH", b"VP8 ", b"VP8L")


def matches(data: bytes) -> bool:
    """Whether the file begins as a WebP."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def read(data: bytes) -> PictureFile:
    """Take a WebP apart. Raises InputError for a file without a picture, Refused for an animation."""
    chunks = list(_chunks(data))
    if any(kind == b"ANIM" for kind, _ in chunks):
        raise Refused(415, "the WebP is animated, and only still ones are taken", "send it as a video")
    parts = [(kind, content) for kind, content in chunks if kind in _PICTURE]
    if not parts or parts[-1][0] == b"ALPH":
        raise broken("the WebP holds no picture")
    width, height = _size_of(*parts[-1])
    if parts[0][0] == b"ALPH":
        parts = [(b"VP8X", _header(_ALPHA, width, height)), *parts]
    return PictureFile(
        decoder="webp",
        width=width,
        height=height,
        picture=_file(parts),
        beside=tuple(chunk for chunk in chunks if chunk[0] in _KEPT),
        lossless=parts[-1][0] == b"VP8L",
        damage="the file ends early" if len(data) < _stated_length(data) else None,
    )


def write(encoded: bytes, source: PictureFile) -> bytes:
    """The encoder's WebP with what was beside the picture in `source`."""
    parts = [(kind, content) for kind, content in _chunks(encoded) if kind in _PICTURE]
    kept = dict(source.beside)
    flags = sum(_KEPT[kind] for kind in kept) | (_ALPHA if _has_alpha(parts) else 0)
    if not flags:
        return _file(parts)
    header = (b"VP8X", _header(flags, *_size_of(*parts[-1])))
    profile, others = ({k: v for k, v in kept.items() if (k == b"ICCP") == first} for first in (True, False))
    return _file([header, *profile.items(), *parts, *others.items()])


def _header(flags: int, width: int, height: int) -> bytes:
    return bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def _has_alpha(parts: list[tuple[bytes, bytes]]) -> bool:
    kind, content = parts[0]
    return kind == b"ALPH" or (kind == b"VP8L" and bool(content[4] & 0x10))  # RFC 9649 section 3.4


def _size_of(kind: bytes, content: bytes) -> tuple[int, int]:
    """(width, height) in the bit stream: RFC 6386 section 9.1, and RFC 9649 section 3.4 for lossless."""
    if kind == b"VP8L" and len(content) >= 5:
        bits = int.from_bytes(content[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and len(content) >= 10:
        width, height = struct.unpack_from("<HH", content, 6)
        return width & 0x3FFF, height & 0x3FFF
    raise broken("the WebP ends before its picture")


def _stated_length(data: bytes) -> int:
    """Of the file, without the last chunk's padding."""
    return 8 + int.from_bytes(data[4:8], "little") - 1


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(kind, content); the last may be cut off (sections 2.3 and 2.4)."""
    at = 12
    while at + 8 <= min(len(data), _stated_length(data)):
        kind, length = struct.unpack_from("<4sI", data, at)
        yield kind, data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _file(chunks: Iterable[tuple[bytes, bytes]]) -> bytes:
    body = b"".join(
        kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2) for kind, content in chunks
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body
