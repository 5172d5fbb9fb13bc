"""Picture files for the tests: PNGs written and read here, byte by byte; JPEG and WebP by FFmpeg."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction
from io import BytesIO

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

Samples = NDArray[np.uint8] | NDArray[np.uint16]
SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6  # colour types
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}


def scene(width: int, height: int, channels: int, depth: int = 8) -> Samples:
    """[height, width, channels], smooth waves, another in each channel."""
    y, x = np.mgrid[0:height, 0:width] / 24.0
    waves = np.stack([0.5 + 0.45 * np.sin(x * (n + 1) + y * (3 - n) + n) for n in range(channels)], axis=-1)
    codes = waves * ((1 << depth) - 1)
    return codes.astype(np.uint8) if depth == 8 else codes.astype(np.uint16)


def chunk(kind: bytes, content: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(samples: Samples, colour: int, *beside: bytes, depth: int | None = None) -> bytes:
    """A PNG of [height, width, channels] samples, with chunks `beside` the picture, before it."""
    height, width, _ = samples.shape
    depth = depth or 8 * samples.itemsize
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    rows = [
        b"\0" + (np.packbits(row) if depth == 1 else row.astype(row.dtype.newbyteorder(">"))).tobytes()
        for row in samples
    ]
    data = zlib.compress(b"".join(rows))
    half = len(data) // 2
    parts = chunk(b"IDAT", data[:half]) + chunk(b"IDAT", data[half:]) + chunk(b"IEND", b"")
    return SIGNATURE + chunk(b"IHDR", header) + b"".join(beside) + parts


def chunks_of(data: bytes) -> list[tuple[bytes, bytes]]:
    """(kind, content) of all chunks of a PNG; their checksums must be right."""
    assert data.startswith(SIGNATURE)
    found, at = [], len(SIGNATURE)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        whole = data[at : at + 12 + length]
        assert whole == chunk(whole[4:8], whole[8:-4])
        found.append((whole[4:8], whole[8:-4]))
        at += len(whole)
    assert found[-1] == (b"IEND", b"")
    return found


def read_png(data: bytes) -> tuple[Samples, int]:
    """([height, width, channels] samples, colour type) of a PNG without interlacing; filters as in section 9.2."""
    found = chunks_of(data)
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", found[0][1])
    assert not interlaced
    step = CHANNELS[colour] * depth // 8
    stream = zlib.decompress(b"".join(content for kind, content in found if kind == b"IDAT"))
    rows = np.frombuffer(stream, np.uint8).reshape(height, 1 + width * step)
    plain = np.zeros((height + 1, width * step + step), np.int64)
    for number, row in enumerate(rows, 1):
        _unfilter(int(row[0]), row[1:].astype(np.int64), plain[number], plain[number - 1], step)
    octets = plain[1:, step:].astype(np.uint8)
    samples: Samples = octets if depth == 8 else np.ascontiguousarray(octets).view(">u2").astype(np.uint16)
    return samples.reshape(height, width, CHANNELS[colour]), colour


def _unfilter(kind: int, row: NDArray[np.int64], out: NDArray[np.int64], above: NDArray[np.int64], step: int) -> None:
    for at, value in enumerate(row, step):
        left, up, corner = out[at - step], above[at], above[at - step]
        if kind == 4:
            near = left + up - corner
            guess = min((abs(near - left), 0, left), (abs(near - up), 1, up), (abs(near - corner), 2, corner))[2]
        else:
            guess = (0, left, up, (left + up) // 2)[kind]
        out[at] = (value + guess) & 0xFF


def coded(codec: str, rgb: Samples, pix_fmt: str, **options: str) -> bytes:
    """A JPEG (mjpeg) or WebP (libwebp) of [height, width, 3] samples of 8 bits, or of 4 with alpha."""
    frame = av.VideoFrame.from_ndarray(rgb, "rgb24" if rgb.shape[2] == 3 else "rgba")
    range_ = 2 if codec == "mjpeg" else 1
    frame = frame.reformat(format=pix_fmt, dst_colorspace="ITU601", dst_color_range=range_)
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = frame.width, frame.height, pix_fmt, Fraction(1)
    if codec == "mjpeg":
        encoder.color_range, encoder.qmin, encoder.qmax = 2, 2, 2
    encoder.options = options
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def decoded(data: bytes) -> av.VideoFrame:
    """The first picture of a file, by FFmpeg's own finding out what it is."""
    with av.open(BytesIO(data), "r") as file:
        return next(file.decode(video=0))


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """A WebP of chunks."""
    body = b"".join(kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def riff_chunks(data: bytes) -> dict[bytes, bytes]:
    """The chunks of a WebP."""
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8
    found, at = {}, 12
    while at < len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        found[kind] = data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    return found


def flat_jpeg(blocks: Samples, *segments: tuple[int, bytes]) -> bytes:
    """A baseline JPEG of flat 8x8 blocks, [rows, columns, components], with segments (marker, content) before it.

    Written by ITU-T T.81: a quantiser of 8 makes a block's one coefficient its mean, less 128.
    """
    rows, columns, components = blocks.shape
    ids = range(1, components + 1)
    frame = struct.pack(">BHHB", 8, 8 * rows, 8 * columns, components) + b"".join(bytes([n, 0x11, 0]) for n in ids)
    scan = bytes([components, *(octet for n in ids for octet in (n, 0)), 0, 63, 0])
    means = bytes([0x00, 0, 0, 0, 12, *bytes(12), *range(12)])  # twelve codes of four bits
    others = bytes([0x10, 1, *bytes(15), 0])  # one of one bit: nothing follows
    parts = [*segments, (0xDB, bytes([0] + 64 * [8])), (0xC0, frame), (0xC4, means), (0xC4, others), (0xDA, scan)]
    head = b"".join(bytes([0xFF, kind]) + struct.pack(">H", len(data) + 2) + data for kind, data in parts)
    return b"\xff\xd8" + head + _scan(blocks.astype(int) - 128) + b"\xff\xd9"


def _scan(means: NDArray[np.int64]) -> bytes:
    """Each mean as its difference from the one before of its component (section F.1.2.1)."""
    bits, last = "", [0] * means.shape[2]
    for block in means.reshape(-1, means.shape[2]):
        for component, mean in enumerate(block):
            difference = int(mean) - last[component]
            last[component] = int(mean)
            size = abs(difference).bit_length()
            code = difference if difference > 0 else difference + (1 << size) - 1
            bits += f"{size:04b}" + (f"{code:0{size}b}" if size else "") + "0"
    bits += "1" * (-len(bits) % 8)
    octets = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))
    return octets.replace(b"\xff", b"\xff\0")
