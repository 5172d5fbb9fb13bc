"""Pixel formats, sizes and codecs, end to end: what comes out is larger, as deep, and the same picture."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import BT709, UNTAGGED, Clip, write_clip
from framelift.cli.main import exit_code_of
from framelift.engine.colour import ColourTags
from framelift.engine.verify import verify
from frames import Samples, frame_of, ramps, samples_of
from runs import QUICKLY, frames_of, kept, refusal, upscaled

SMALL = Clip(width=64, height=48, frames=4)  # x265 writes beyond its memory below 50 columns
LIMITED = BT709


def depth_of(frame: av.VideoFrame) -> int:
    return frame.format.components[0].bits


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "source", "outputs", "written"),
    [
        ("libx264", "yuv420p", "mp4", "mkv mp4 mov webm ts", "yuv420p"),
        ("libx264", "yuv422p", "mkv", "mkv mp4 mov webm ts", "yuv422p"),
        ("libx264", "yuv444p", "mp4", "mkv mp4 mov webm ts", "yuv444p"),
        ("libx264", "yuv420p10le", "mkv", "mkv mp4 mov ts", "yuv420p10le"),
        ("libx264", "yuv422p10le", "mov", "mkv mp4 mov ts", "yuv422p10le"),
        ("libx264", "yuv444p10le", "mkv", "mkv mp4 mov ts", "yuv444p10le"),
        ("libx265", "yuv420p12le", "mp4", "mkv mp4 mov ts", "yuv420p12le"),
        ("libx265", "yuv422p12le", "mkv", "mkv mp4", "yuv422p12le"),
        ("libx265", "yuv444p12le", "mkv", "mkv mp4", "yuv444p12le"),
        ("mjpeg", "yuvj420p", "mov", "mkv mp4 webm", "yuvj420p/yuv420p"),
        ("rawvideo", "nv12", "nut", "mkv mp4 webm", "yuv420p"),
        ("rawvideo", "yuyv422", "nut", "mkv mp4", "yuv422p"),
        ("ffv1", "yuv410p", "mkv", "mkv", "yuv410p"),
        ("ffv1", "yuv411p", "mkv", "mkv", "yuv411p"),
        ("ffv1", "yuv440p", "mkv", "mkv", "yuv440p"),
        ("ffv1", "yuv420p9le", "mkv", "mkv", "yuv420p9le"),
        ("ffv1", "yuv420p16le", "mkv", "mkv", "yuv420p16le"),
        ("ffv1", "gray", "mkv", "mkv mp4 mov ts", "yuv420p"),  # what decoders make of H.264 without chroma
        ("ffv1", "gray10le", "mkv", "mkv mp4", "yuv420p10le"),
        ("ffv1", "gray12le", "mkv", "mkv mp4", "gray12le"),
        ("ffv1", "gray16le", "mkv", "mkv", "gray16le"),
        ("ffv1", "bgr0", "mkv", "mkv mp4 mov webm", "gbrp"),
        ("qtrle", "rgb24", "mov", "mkv mp4", "gbrp"),
        ("ffv1", "gbrp10le", "mkv", "mkv mp4", "gbrp10le"),
        ("ffv1", "gbrp12le", "mkv", "mkv mp4", "gbrp12le"),
        ("ffv1", "rgb48le", "mkv", "mkv", "gbrp16le"),
        ("ffv1", "bgra", "mkv", "mkv", "bgra"),
        ("gif", "rgb8", "gif", "mkv", "bgra"),
        ("ffv1", "yuva420p", "mkv", "mkv webm", "yuv420p"),  # by a decoder without alpha; verify has another
        ("libvpx-vp9", "yuva420p", "webm", "webm mkv", "yuv420p"),
        ("prores_ks", "yuva444p10le", "mov", "mkv", "yuva444p12le"),
    ],
)
def test_formats_are_kept(tmp_path: Path, codec: str, pix_fmt: str, source: str, outputs: str, written: str) -> None:
    colour = LIMITED if pix_fmt.startswith("yuv4") else Clip().colour
    clip = write_clip(tmp_path / f"in.{source}", replace(SMALL, codec=codec, pix_fmt=pix_fmt, colour=colour))
    depth = depth_of(frames_of(clip)[0])
    for suffix in outputs.split():
        output = kept(clip, tmp_path / f"out.{suffix}")
        first = frames_of(output)[0]
        assert (first.width, first.height) == (128, 96)
        assert depth_of(first) >= depth
        assert first.format.name in written.split("/")


def test_a_palette_with_transparency_is_kept(tmp_path: Path) -> None:
    source = palette_png(tmp_path / "in.png")
    assert frames_of(source)[0].format.name == "pal8"
    output = kept(source, tmp_path / "out.mkv")
    small, large = (frames_of(path)[0].to_ndarray(format="rgba").astype(float) for path in (source, output))
    halves = (large[0::2, 0::2] + large[0::2, 1::2] + large[1::2, 0::2] + large[1::2, 1::2]) / 4
    assert np.abs(halves - small).mean(axis=(0, 1)).max() < 3
    opaque = upscaled(source, tmp_path / "out.mp4", "--pix-fmt", "yuv420p")
    assert {finding.check for finding in verify(source, opaque).findings} == {"format.alpha", "format.chroma"}


def palette_png(path: Path) -> Path:
    """64x48 pixels of 16 colours in soft steps, from clear to opaque."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((x + y) // 7 for x in range(64)) for y in range(48))
    colours = bytes(value for n in range(16) for value in (100 + 5 * n, 200 - 5 * n, 120))
    chunks = [
        chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 48, 8, 3, 0, 0, 0)),
        chunk(b"PLTE", colours),
        chunk(b"tRNS", bytes(180 + 5 * n for n in range(16))),
        chunk(b"IDAT", zlib.compress(rows)),
        chunk(b"IEND", b""),
    ]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    return path


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "mov", "webm", "ts"])
@pytest.mark.parametrize(
    ("width", "height", "pix_fmt"),
    [(35, 17, "yuv420p"), (17, 35, "yuv444p"), (33, 18, "yuv422p"), (16, 16, "yuv420p")],
)
def test_odd_and_tiny_sizes_are_doubled(tmp_path: Path, width: int, height: int, pix_fmt: str, suffix: str) -> None:
    clip = Clip(codec="ffv1", pix_fmt=pix_fmt, width=width, height=height, frames=3)
    output = kept(write_clip(tmp_path / "in.mkv", clip), tmp_path / f"out.{suffix}")
    assert {(frame.width, frame.height) for frame in frames_of(output)} == {(2 * width, 2 * height)}


@pytest.mark.parametrize("codec", ["libx264", "libx265", "libsvtav1", "libvpx-vp9", "ffv1", "prores_ks"])
@pytest.mark.parametrize("frames", [1, 2])
def test_the_shortest_clips_are_kept(tmp_path: Path, frames: int, codec: str) -> None:
    pix_fmt = "yuv422p10le" if codec == "prores_ks" else "yuv420p"
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, codec="ffv1", pix_fmt=pix_fmt, frames=frames))
    output = kept(source, tmp_path / "out.mkv", "--codec", codec)
    assert len(frames_of(output)) == frames


def test_two_frames_of_x265_have_timestamps_in_every_container(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, frames=2))
    for suffix in ("mp4", "mov", "mkv", "ts"):
        kept(source, tmp_path / f"out.{suffix}", "--codec", "libx265")


@pytest.mark.parametrize(
    ("pix_fmt", "codec"),
    [
        ("yuv420p10le", "libx264"),
        ("yuv420p10le", "libx265"),
        ("yuv420p10le", "libsvtav1"),
        ("yuv422p10le", "prores_ks"),
        ("yuv420p12le", "libx265"),
        ("gray16le", "ffv1"),
        ("yuv444p16le", "ffv1"),
    ],
)
def test_no_step_on_the_way_has_eight_bits(tmp_path: Path, pix_fmt: str, codec: str) -> None:
    source = write_frames(tmp_path / "in.mkv", [slope(pix_fmt)] * 2)
    luma = samples_of(frames_of(source)[0])[0]
    assert len(np.unique(luma)) > 256
    output = kept(source, tmp_path / "out.mkv", "--codec", codec)
    larger = samples_of(frames_of(output)[0])[0]
    assert len(np.unique(larger)) > 256
    centre = (larger[0::2, 0::2].astype(float) + larger[0::2, 1::2] + larger[1::2, 0::2] + larger[1::2, 1::2]) / 4
    code = 2.0 ** (depth_of(frames_of(source)[0]) - 8)  # one of 8 bits
    assert np.abs(centre - luma).mean() < code / 2


def slope(pix_fmt: str) -> av.VideoFrame:
    """Luma that takes hundreds of values, most of them between the codes of 8 bits; grey chroma."""
    frame = ramps(pix_fmt, 128, 96)
    codes = 1 << depth_of(frame)
    y, x = np.mgrid[:96, :128]
    luma = codes * (0.1 + 0.8 * (3 * x + y) / 476)
    return frame_of(pix_fmt, 128, 96, [luma, *([codes / 2] * (len(frame.planes) - 1))])


def write_frames(path: Path, frames: list[av.VideoFrame]) -> Path:
    with av.open(str(path), "w") as file:
        stream = file.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, frames[0].format.name
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, Fraction(1, 25)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("options", "size", "pixel"),
    [
        (("--scale", "2"), (128, 96), Fraction(16, 15)),
        (("--height", "120"), (160, 120), Fraction(16, 15)),
        (("--width", "160"), (160, 120), Fraction(16, 15)),
        (("--height", "241"), (322, 242), Fraction(16, 15)),  # H.264 of 4:2:0 has even sizes
        (("--width", "160", "--height", "96"), (160, 96), Fraction(16, 15) * Fraction(4, 5)),
        (("--width", "64", "--height", "96"), (64, 96), Fraction(32, 15)),
        (("--height", "48"), (64, 48), Fraction(16, 15)),
        (("--height", "300"), (400, 300), Fraction(16, 15)),  # beyond what the largest model does
    ],
)
def test_any_size_can_be_asked_for(
    tmp_path: Path, options: tuple[str, ...], size: tuple[int, int], pixel: Fraction
) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, sample_aspect_ratio=Fraction(16, 15)))
    for suffix in ("mkv", "mp4"):
        output = kept(source, tmp_path / f"out.{suffix}", *options)
        with av.open(str(output)) as file:
            stream = file.streams.video[0]
            assert (stream.width, stream.height) == size
            assert stream.sample_aspect_ratio is not None
            assert abs(stream.sample_aspect_ratio / pixel - 1) < 0.01


@pytest.mark.parametrize(
    "options", [("--height", "47"), ("--width", "20"), ("--width", "64", "--height", "40"), ("--scale", "5")]
)
def test_a_smaller_size_or_an_unknown_scale_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    source = write_clip(tmp_path / "in.mkv", SMALL)
    with refusal(capfd, tmp_path) as words:
        assert exit_code_of(["upscale", str(source), str(tmp_path / "out.mkv"), *QUICKLY, *options]) == 2
    assert options[1] in words[0]


@pytest.mark.parametrize(
    ("codec", "name", "suffixes"),
    [
        ("libx264", "h264", "mkv mp4 mov ts"),
        ("libx265", "hevc", "mkv mp4 mov ts"),
        ("libsvtav1", "av1", "mkv mp4 webm"),
        ("libvpx-vp9", "vp9", "mkv mp4 webm"),
        ("ffv1", "ffv1", "mkv"),
        ("hevc", "hevc", "mp4"),
        ("av1", "av1", "webm"),
    ],
)
def test_the_codec_asked_for_is_used(tmp_path: Path, codec: str, name: str, suffixes: str) -> None:
    source = write_clip(tmp_path / "in.mp4", replace(SMALL, colour=BT709))
    for suffix in suffixes.split():
        output = kept(source, tmp_path / f"out.{suffix}", "--codec", codec)
        with av.open(str(output)) as file:
            assert file.streams.video[0].codec_context.codec.canonical_name == name


@pytest.mark.parametrize(
    ("codec", "fine", "coarse", "preset"),
    [
        ("libx264", 5, 45, "veryfast"),
        ("libx265", 5, 45, "ultrafast"),
        ("libvpx-vp9", 5, 60, "8"),
        ("libsvtav1", 5, 60, "12"),
    ],
)
def test_quality_and_preset_reach_the_encoder(tmp_path: Path, codec: str, fine: int, coarse: int, preset: str) -> None:
    source = write_clip(tmp_path / "in.mkv", SMALL)
    how = ("--codec", codec, "--preset", preset)
    large = upscaled(source, tmp_path / "fine.mkv", *how, "--crf", str(fine))
    small = upscaled(source, tmp_path / "coarse.mkv", *how, "--crf", str(coarse))
    assert large.stat().st_size > 1.2 * small.stat().st_size


@pytest.mark.parametrize(
    "options",
    [
        ("--crf", "99"),
        ("--crf", "-1"),
        ("--codec", "ffv1", "--crf", "20"),
        ("--codec", "ffv1", "--preset", "fast"),
        ("--codec", "prores_ks", "--pix-fmt", "yuv422p10le", "--crf", "3"),
        ("--codec", "libvpx-vp9", "--crf", "64"),
        ("--preset", "warp"),
        ("--codec", "libsvtav1", "--preset", "fast"),
        ("--codec", "libvpx-vp9", "--preset", "9"),
    ],
)
def test_qualities_and_presets_an_encoder_lacks_are_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    source = write_clip(tmp_path / "in.mkv", SMALL)
    with refusal(capfd, tmp_path) as words:
        assert exit_code_of(["upscale", str(source), str(tmp_path / "out.mkv"), *QUICKLY, *options]) == 2
    assert " ".join(options[-2:]) in words[0]


@pytest.mark.parametrize(
    ("clip", "output", "options"),
    [
        pytest.param(Clip(pix_fmt="yuv440p"), "out.mp4", (), id="4:4:0 in mp4"),
        pytest.param(Clip(pix_fmt="yuv422p10le"), "out.webm", (), id="10 bit 4:2:2 in webm"),
        pytest.param(Clip(pix_fmt="gray16le"), "out.mp4", (), id="16 bit in mp4"),
        pytest.param(Clip(pix_fmt="yuva420p"), "out.mp4", (), id="alpha in mp4"),
        pytest.param(Clip(pix_fmt="yuva420p"), "out.mkv", ("--codec", "libx265"), id="alpha in H.265"),
        pytest.param(Clip(), "out.mov", ("--codec", "libvpx-vp9"), id="VP9 in mov"),
        pytest.param(Clip(), "out.mkv", ("--codec", "prores_ks"), id="4:2:0 in ProRes"),
        pytest.param(Clip(pix_fmt="yuv420p12le", width=24, height=24), "out.mkv", (), id="too small for x265"),
        pytest.param(Clip(width=15, height=15), "out.mkv", ("--codec", "libsvtav1"), id="too small for SVT-AV1"),
        pytest.param(Clip(), "out.mkv", ("--height", "20000"), id="too large for x264"),
    ],
)
def test_what_an_encoder_does_not_take_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], clip: Clip, output: str, options: tuple[str, ...]
) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(clip, codec="ffv1", frames=2))
    with refusal(capfd, tmp_path):
        assert exit_code_of(["upscale", str(source), str(tmp_path / output), *QUICKLY, *options]) == 5


@pytest.mark.parametrize(
    ("pix_fmt", "colour", "wanted"),
    [
        ("yuv444p", UNTAGGED, "yuv420p"),
        ("yuv444p", BT709, "yuv420p"),
        ("yuv420p10le", BT709, "yuv420p"),
        ("yuv420p", UNTAGGED, "gbrp"),
        ("yuv420p", BT709, "gbrp"),
        ("yuv422p10le", BT709, "gbrp10le"),
        ("yuv420p", BT709, "gray"),
        ("yuv420p", UNTAGGED, "gray10le"),
        ("gray", UNTAGGED, "yuv420p"),
        ("gray", BT709, "yuv420p"),
        ("bgr0", UNTAGGED, "yuv420p"),
        ("bgr0", UNTAGGED, "yuv444p10le"),
        ("gbrp10le", UNTAGGED, "yuv422p"),
    ],
)
def test_a_converted_pixel_format_shows_the_same_colours(
    tmp_path: Path, pix_fmt: str, colour: ColourTags, wanted: str
) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, codec="ffv1", pix_fmt=pix_fmt, colour=colour))
    plain = upscaled(source, tmp_path / "plain.mkv", "--codec", "ffv1")
    converted = upscaled(source, tmp_path / "converted.mkv", "--codec", "ffv1", "--pix-fmt", wanted)
    assert frames_of(converted)[0].format.name in (wanted, {"gbrp": "bgr0"}.get(wanted))
    assert {finding.check for finding in verify(source, converted).findings} <= {"format.depth", "format.chroma"}
    grey = "gray" in pix_fmt + wanted
    apart = shown(plain, grey=grey) - shown(converted, grey=grey)
    assert np.abs(apart.mean(axis=(0, 1))).max() < 2  # swscale's own rounding in 8 bits is as much
    assert np.abs(apart).mean() < 3
    assert np.percentile(np.abs(apart), 98) < 9  # chroma at the box's edges is coarser


def shown(path: Path, *, grey: bool) -> Samples:
    """The first frame as swscale shows it by the tags of the file, R, G, B; or its luma codes; of 8 bits."""
    frame = frames_of(path)[0]
    if grey:
        return samples_of(frame)[0][..., None] / 2.0 ** (depth_of(frame) - 8)
    return frame.to_ndarray(format="rgb24").astype(float)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv444p16le", "bgr0"])
@pytest.mark.parametrize("tile", ["16", "20", "33"])
def test_tiles_leave_no_seam(tmp_path: Path, pix_fmt: str, tile: str) -> None:
    source = write_clip(tmp_path / "in.mkv", Clip(codec="ffv1", pix_fmt=pix_fmt, width=75, height=50, frames=2))
    whole = frames_of(upscaled(source, tmp_path / "whole.mkv", "--codec", "ffv1", "--tile", "0"))
    tiled = frames_of(upscaled(source, tmp_path / "tiled.mkv", "--codec", "ffv1", "--tile", tile))
    for a, b in zip(whole, tiled, strict=True):
        for one, other in zip(samples_of(a), samples_of(b), strict=True):
            assert np.abs(one.astype(int) - other).max() <= 1
