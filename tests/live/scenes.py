"""Frames to encode, and what FFmpeg's own decoders make of what comes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from framelift.engine.colour import ColourTags, Matrix, Range, Siting
from framelift.engine.frame import Ledger, UpscaledFrame
from framelift.engine.live.encoded import EncodedFrame
from frames import frame_of, samples_of
from numpy.typing import NDArray

Samples = Sequence[float] | NDArray[np.float64]
BT601 = ColourTags(Matrix.SMPTE170M, Range.LIMITED, siting=Siting.LEFT)


def upscaled(picture: av.VideoFrame, pts: int, time_base: Fraction, colour: ColourTags = BT601) -> UpscaledFrame:
    """As the upscaler hands it to an encoder; a live frame's duration is not known."""
    return UpscaledFrame(picture, 0, pts, 0, time_base, colour, Fraction(1), Ledger())


def pan(width: int, height: int, count: int, grain: float = 0.0, seed: int = 0) -> Iterator[av.VideoFrame]:
    """A texture that moves by two pixels a frame, in 4:2:0; `grain` is how much noise is added, new with each."""
    rng = np.random.default_rng(seed)
    texture = rng.normal(0, 1, (height + 16, width + 2 * count + 16))
    for axis in (0, 1):
        texture = np.apply_along_axis(np.convolve, axis, texture, np.ones(9) / 3, "same")
    chroma = [np.full((-(-height // 2), -(-width // 2)), level) for level in (110, 150)]
    for number in range(count):
        shown = texture[8 : 8 + height, 8 + 2 * number : 8 + 2 * number + width]
        luma = 120 + 30 * shown + grain * rng.normal(0, 1, shown.shape)
        yield frame_of("yuv420p", width, height, [np.clip(luma, 16, 235), *chroma])


def decoded(frames: Iterable[EncodedFrame]) -> list[av.VideoFrame]:
    """Each frame's picture, by a decoder that is given the bytes alone and holds nothing back."""
    frames = list(frames)
    decoder = VideoCodecContext.create(frames[0].codec, "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count, decoder.flags = 1, decoder.flags | int(Flags.low_delay)
    pictures = []
    for frame in frames:
        packet: av.Packet[Any] = av.Packet(frame.data)
        packet.pts = frame.pts
        (picture,) = decoder.decode(packet)
        assert (picture.pts, picture.width, picture.height) == (frame.pts, frame.width, frame.height)
        pictures.append(picture)
    return pictures


def luma_psnr(found: av.VideoFrame, expected: av.VideoFrame) -> float:
    """In dB, over the part both have."""
    rows, columns = min(found.height, expected.height), min(found.width, expected.width)
    a, b = (samples_of(picture)[0][:rows, :columns].astype(float) for picture in (found, expected))
    return float(10 * np.log10(255**2 / max(np.mean((a - b) ** 2), 1e-9)))


def rgb_of(samples: Samples, matrix: int, colour_range: int) -> NDArray[np.float64]:
    """R, G and B from 0 to 1 of 8-bit Y, Cb and Cr, by ITU-T H.273 equations 38 to 40."""
    kr, kb = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}[matrix]
    low, luma_span, chroma_span = (0, 255, 255) if colour_range == Range.FULL else (16, 219, 224)
    y, cb, cr = (samples[0] - low) / luma_span, (samples[1] - 128) / chroma_span, (samples[2] - 128) / chroma_span
    r, b = y + 2 * (1 - kr) * cr, y + 2 * (1 - kb) * cb
    return np.array([r, (y - kr * r - kb * b) / (1 - kr - kb), b])


def yuv_of(rgb: Samples, matrix: int, colour_range: int) -> NDArray[np.float64]:
    """8-bit Y, Cb and Cr, not rounded: the inverse of `rgb_of`."""
    columns = [rgb_of(samples, matrix, colour_range) for samples in np.eye(3)]
    zero = rgb_of((0, 0, 0), matrix, colour_range)
    return np.linalg.solve(np.stack(columns, 1) - zero[:, None], np.asarray(rgb) - zero).astype(np.float64)
