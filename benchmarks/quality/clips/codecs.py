"""Frames through a codec and back, in memory."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

import av
from av.video.codeccontext import VideoCodecContext

LARGEST_CRF = 51


@dataclass(frozen=True)
class Codec:
    """An encoder at its default preset, which keeps a constant rate factor: less bits for more of it."""

    name: str
    encoder: str
    options: Mapping[str, str] = field(default_factory=dict)
    smallest_width: int = 2
    remark: re.Pattern[bytes] | None = None  # in a packet: not counted


CODECS = {
    codec.name: codec
    for codec in (
        # x264 writes its settings into the first frame, in 0.7 kB of user data (SEI message 5 of H.264, annex D): of a
        # clip of a second that would be a good part.
        Codec("h264", "libx264", remark=re.compile(rb"\x00\x00\x01\x06\x05.*?(?=\x00\x00\x01|\Z)", re.DOTALL)),
        # One thread, nothing said, no settings in the stream. PyAV's x265 writes beyond frames of 64 columns and less.
        Codec("hevc", "libx265", {"x265-params": "pools=none:frame-threads=1:log-level=error:info=0"}, 66),
    )
}


@dataclass(frozen=True)
class Coded:
    """What came back, and what it took."""

    crf: int
    rate: float  # kb/s: of all packets, headers included
    frames: list[av.VideoFrame]


def coded(frames: Sequence[av.VideoFrame], codec: Codec, crf: int, rate: Fraction) -> Coded:
    """`frames`, 4:2:0 of one size, encoded at `rate` frames a second and decoded."""
    encoder = _encoder(frames[0], codec, crf, rate)
    packets = []
    for number, frame in enumerate(frames):
        frame.pts, frame.time_base = number, 1 / rate
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    decoder = av.CodecContext.create(codec.name, "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count = 1
    decoded = [picture for packet in packets for picture in decoder.decode(packet)] + decoder.decode(None)
    counted = (codec.remark.sub(b"", bytes(packet)) if codec.remark else bytes(packet) for packet in packets)
    bits = 8 * sum(map(len, counted))
    return Coded(crf, float(bits * rate / len(frames) / 1000), decoded)


def _encoder(like: av.VideoFrame, codec: Codec, crf: int, rate: Fraction) -> VideoCodecContext:
    """In one thread. Even so, x264's rates vary by about 0.5 % from run to run.

    Its macroblock tree reads memory that nothing was written to: with B-frames, in assembly (seen with AVX-512).
    """
    encoder = av.CodecContext.create(codec.encoder, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = like.width, like.height, like.format.name
    encoder.framerate, encoder.time_base = rate, 1 / rate
    encoder.gop_size = ceil(10 * rate)  # seconds: x264's and x265's own 250 at 25 frames a second
    encoder.thread_count = 1
    encoder.options = {"crf": str(crf), **codec.options}
    return encoder
