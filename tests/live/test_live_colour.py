"""Colours as a player shows them: by the tags in an H.264 stream, and as BT.601 of limited range for VP8, always.

A chart of even patches goes in; what the tags make of the decoded samples must be the chart's red, green and blue.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext
from framelift.engine.colour import ColourTags, Matrix, Range, Siting
from framelift.engine.errors import OutputError
from framelift.engine.live.encoders import CodecName, open_encoder
from framelift.engine.live.encoders.intake import Intake
from framelift.engine.live.encoders.recipe import any_colour
from frames import frame_of, samples_of
from numpy.typing import NDArray
from scenes import decoded, rgb_of, upscaled, yuv_of

PATCH, ACROSS = 32, 4
CHART = np.array([
    (0.1, 0.1, 0.1), (0.5, 0.5, 0.5), (0.9, 0.9, 0.9), (0.8, 0.2, 0.2),
    (0.2, 0.7, 0.2), (0.2, 0.2, 0.8), (0.8, 0.7, 0.2), (0.3, 0.7, 0.7),
])  # fmt: skip
GREYS = [0, 1, 2]
both = pytest.mark.parametrize("codec", ["h264", "vp8"])


def chart(pix_fmt: str, tags: ColourTags) -> av.VideoFrame:
    """The chart in a planar format, its patches in two rows."""
    if pix_fmt.startswith("gbr"):
        codes = CHART[:, [1, 2, 0]] * 255
    else:
        codes = np.array([yuv_of(rgb, tags.matrix, tags.range) for rgb in CHART])
    picture = av.VideoFrame(PATCH * ACROSS, PATCH * 2, pix_fmt)
    codes = codes * (1 << picture.format.components[0].bits) / 256
    planes = []
    for plane, levels in zip(picture.planes, codes.T, strict=False):
        rows, columns = plane.height // 2, plane.width // ACROSS
        planes.append(np.kron(np.rint(levels).reshape(2, ACROSS), np.ones((rows, columns))))
    return frame_of(pix_fmt, picture.width, picture.height, planes)


def shown(picture: av.VideoFrame, matrix: int, colour_range: int) -> NDArray[np.float64]:
    """R, G and B in the middle of each patch."""
    y, cb, cr = samples_of(picture)
    found = []
    for number in range(len(CHART)):
        row, column = PATCH // 2 + PATCH * (number // ACROSS), PATCH // 2 + PATCH * (number % ACROSS)
        samples = (y[row, column], cb[row // 2, column // 2], cr[row // 2, column // 2])
        found.append(rgb_of([float(sample) for sample in samples], matrix, colour_range))
    return np.array(found)


def seen(codec: CodecName, picture: av.VideoFrame, tags: ColourTags) -> NDArray[np.float64]:
    """The chart after encoding and decoding, read by what a player of the codec goes by."""
    encoder = open_encoder(codec, bitrate=4_000_000, hardware=False)
    frames = [encoder.encode(upscaled(picture, number, Fraction(1, 30), tags)) for number in range(4)]
    last = decoded(frame for frame in frames if frame is not None)[3]
    by = (last.colorspace, last.color_range) if codec == "h264" else (Matrix.BT470BG, Range.LIMITED)
    return shown(last, *by)


@both
@pytest.mark.parametrize("matrix", [Matrix.BT709, Matrix.BT470BG, Matrix.SMPTE170M, Matrix.BT2020_NCL])
@pytest.mark.parametrize("colour_range", [Range.LIMITED, Range.FULL])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv444p", "yuv422p10le", "yuv420p12le"])
def test_yuv_looks_the_same(codec: CodecName, matrix: Matrix, colour_range: Range, pix_fmt: str) -> None:
    tags = ColourTags(matrix, colour_range, siting=Siting.LEFT)
    np.testing.assert_allclose(seen(codec, chart(pix_fmt, tags), tags), CHART, atol=4 / 255)


@both
@pytest.mark.parametrize("pix_fmt", ["gbrp", "gbrp10le"])
def test_rgb_looks_the_same(codec: CodecName, pix_fmt: str) -> None:
    tags = ColourTags(Matrix.RGB, Range.FULL)
    np.testing.assert_allclose(seen(codec, chart(pix_fmt, tags), tags), CHART, atol=4 / 255)


@both
@pytest.mark.parametrize("colour_range", [Range.LIMITED, Range.FULL])
def test_grey_looks_the_same(codec: CodecName, colour_range: Range) -> None:
    tags = ColourTags(range=colour_range)
    by = ColourTags(Matrix.BT709, colour_range)  # whichever: it is grey
    luma = samples_of(chart("yuv420p", by))[0]
    picture = frame_of("gray", luma.shape[1], luma.shape[0], [luma])
    np.testing.assert_allclose(seen(codec, picture, tags)[GREYS], CHART[GREYS], atol=4 / 255)


@both
@pytest.mark.parametrize("pix_fmt", ["nv12", "yuvj420p", "yuv420p10be"])
def test_other_arrangements_of_the_same_samples(codec: CodecName, pix_fmt: str) -> None:
    tags = ColourTags(Matrix.BT709, Range.FULL if "yuvj" in pix_fmt else Range.LIMITED, siting=Siting.LEFT)
    planar = {"nv12": "yuv420p", "yuvj420p": "yuvj420p", "yuv420p10be": "yuv420p10le"}[pix_fmt]
    picture = chart(planar, tags).reformat(format=pix_fmt, threads=1)
    np.testing.assert_allclose(seen(codec, picture, tags), CHART, atol=4 / 255)


def test_h264_carries_every_tag() -> None:
    tags = ColourTags(Matrix.BT2020_NCL, Range.FULL, 9, 16, Siting.TOPLEFT)
    encoder = open_encoder("h264", hardware=False)
    frame = replace(upscaled(chart("yuv420p", tags), 0, Fraction(1, 30), tags), sample_aspect_ratio=Fraction(4, 3))
    found = encoder.encode(frame)
    assert found is not None
    decoder = VideoCodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    (picture,) = [*decoder.decode(av.Packet(found.data)), *decoder.decode(None)]
    assert (picture.colorspace, picture.color_range, picture.color_primaries, picture.color_trc) == (9, 2, 9, 16)
    assert decoder.sample_aspect_ratio == Fraction(4, 3)


def test_a_change_of_colour_takes_a_keyframe() -> None:
    encoder = open_encoder("h264", hardware=False)
    frames = []
    for number in range(8):
        tags = ColourTags(Matrix.BT709 if number < 4 else Matrix.SMPTE170M, Range.LIMITED)
        frames.append(encoder.encode(upscaled(chart("yuv420p", tags), number, Fraction(1, 30), tags)))
    found = [frame for frame in frames if frame is not None]
    assert [frame.keyframe for frame in found] == [number in {0, 4} for number in range(8)]
    assert [picture.colorspace for picture in decoded(found)] == [1] * 4 + [6] * 4


def test_vp8_refuses_a_matrix_that_nobody_converts() -> None:
    tags = ColourTags(Matrix.YCGCO, Range.LIMITED)
    with pytest.raises(
        OutputError, match="coefficients 6 only, and there are no luma weights for matrix coefficients 8"
    ):
        open_encoder("vp8").encode(upscaled(av.VideoFrame(32, 32, "yuv420p"), 0, Fraction(1, 30), tags))


def test_what_needs_no_change_is_not_copied() -> None:
    """Even where an odd row is left out."""
    tags = ColourTags(Matrix.BT709, Range.LIMITED)
    for height in (64, 65):
        frame = upscaled(av.VideoFrame(96, height, "yuv420p"), 5, Fraction(1, 30), tags)
        own, _ = Intake().take(frame, any_colour)
        assert own is not frame.picture
        assert (own.width, own.height) == (96, 64)
        assert [plane.buffer_ptr for plane in own.planes] == [plane.buffer_ptr for plane in frame.picture.planes]
