"""PNG, third edition (W3C, 2025): a signature, then chunks of length, kind, content and checksum (section 5.3)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator

from .picture_file import PictureFile, broken

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEPT = frozenset({
    b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP", b"mDCV", b"cLLI", b"eXIf", b"pHYs", b"tEXt", b"zTXt", b"iTXt", b"tIME",
})  # fmt: skip
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type (table 8)
_PALETTE = 3
_STEP = 512  # bytes of compressed data that an error in them may cost
_MOST_ROWS = 256 << 20  # bytes of a damaged picture: 16 megapixels of 16 bits with alpha, and as much again


def read(data: bytes) -> PictureFile:
    """Take a PNG apart. Raises InputError for a file without a header."""
    chunks, damage = [], None
    for kind, content, whole in _chunks(data):
        chunks.append((kind, content))
        if not whole:
            damage = damage or f"the chunk {kind.decode('latin-1')!r} is damaged or cut off"
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13:
        raise broken("the PNG has no header")
    if chunks[-1][0] != b"IEND":
        damage = damage or "the file ends early"
    width, height, depth, colour, *_ = struct.unpack(">IIBBBBB", chunks[0][1])
    compressed = b"".join(content for kind, content in chunks if kind == b"IDAT")
    if damage:
        row = 2 + width * depth * _CHANNELS.get(colour, 4) // 8
        compressed = _readable(compressed, min(2 * row * height, _MOST_ROWS))
    found = dict(chunks)
    parts = [(kind, found[kind]) for kind in (b"IHDR", b"PLTE", b"tRNS") if kind in found]
    return PictureFile(
        decoder="png",
        width=width,
        height=height,
        picture=_file([*parts, (b"IDAT", compressed), (b"IEND", b"")]),
        beside=tuple(chunk for chunk in chunks if chunk[0] in KEPT),
        opaque=colour == _PALETTE and b"tRNS" not in found,
        damage=damage,
        notes=("it is animated: only its first picture is here",) if b"acTL" in found else (),
    )


def write(encoded: bytes, source: PictureFile) -> bytes:
    """The encoder's PNG with what was beside the picture in `source`; the encoder's own remarks are left out."""
    (header, *chunks) = [(kind, content) for kind, content, _ in _chunks(encoded)]
    return _file([header, *source.beside, *(chunk for chunk in chunks if chunk[0] in (b"IDAT", b"IEND"))])


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
    """(kind, content, whether it is whole) up to the end of the picture, or of the data."""
    at, kind = len(SIGNATURE), b""
    while at + 8 <= len(data) and kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, at)
        content, checksum = data[at + 8 : at + 8 + length], data[at + 8 + length : at + 12 + length]
        yield kind, content, checksum == struct.pack(">I", zlib.crc32(kind + content))
        at += 12 + length


def _file(chunks: Iterable[tuple[bytes, bytes]]) -> bytes:
    made = [SIGNATURE]
    for kind, content in chunks:
        made += [struct.pack(">I", len(content)), kind, content, struct.pack(">I", zlib.crc32(kind + content))]
    return b"".join(made)


def _readable(compressed: bytes, most: int) -> bytes:
    """The rows that can be read of damaged data, at most so many bytes, compressed again."""
    reader, rows = zlib.decompressobj(), bytearray()
    try:
        for at in range(0, len(compressed), _STEP):
            rows += reader.decompress(compressed[at : at + _STEP])
            if len(rows) >= most:
                break
    except zlib.error:
        pass  # what came before it is kept
    return zlib.compress(rows[:most], 1)
