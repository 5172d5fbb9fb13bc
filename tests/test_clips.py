"""The clips of the tests hold what they promise, seen through PyAV alone."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import cast

import av
import av.error
import numpy as np
import pytest
from av.sidedata.sidedata import SideData
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Disposition
from av.subtitles.subtitle import AssSubtitle
from clips import (
    BT709,
    BT2020_PQ,
    HDR10_X264,
    HDR10_X265,
    INTERLACED,
    MILLISECOND,
    Attached,
    Chapter,
    Clip,
    Sound,
    Text,
    damaged,
    pictures,
    png_picture,
    truncated,
    write_clip,
)


def frames_of(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as file:
        return list(file.decode(video=0))


def side_data(frame: av.VideoFrame, kind: SideDataType) -> bytes | None:
    entries = cast("Iterable[SideData]", frame.side_data)  # PyAV's stub takes it for a dictionary
    return next((bytes(entry) for entry in entries if entry.type == kind), None)


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "mov", "ts", "avi"])
def test_frames_are_all_there_and_differ(tmp_path: Path, suffix: str) -> None:
    frames = frames_of(write_clip(tmp_path / f"a.{suffix}", Clip(frames=9)))
    assert [(f.width, f.height, f.format.name) for f in frames] == [(96, 64, "yuv420p")] * 9
    planes = [f.to_ndarray().astype(int) for f in frames]
    assert min(np.abs(a - b).mean() for a, b in pairwise(planes)) > 2


def test_a_static_scene_does_not_move() -> None:
    first, *others = (frame.to_ndarray() for frame in pictures(Clip(scene="static")))
    assert all((other == first).all() for other in others)


@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_pts_are_the_ones_asked_for(tmp_path: Path, suffix: str) -> None:
    ticks = (35, 75, 135, 165, 235, 325)
    frames = frames_of(write_clip(tmp_path / f"a.{suffix}", Clip(pts=ticks, time_base=MILLISECOND)))
    assert [(f.pts or 0) * (f.time_base or 0) for f in frames] == [tick * MILLISECOND for tick in ticks]


def test_a_start_offset_and_a_rate_of_broadcast(tmp_path: Path) -> None:
    clip = Clip(rate=Fraction(30000, 1001), start=30)
    frames = frames_of(write_clip(tmp_path / "a.ts", clip))
    gaps = {b.pts - a.pts for a, b in pairwise(frames) if a.pts is not None and b.pts is not None}
    assert gaps == {3003}
    assert (frames[0].pts or 0) >= 30 * 3003


def test_raw_h264_has_no_pts(tmp_path: Path) -> None:
    assert {frame.pts for frame in frames_of(write_clip(tmp_path / "a.h264", Clip()))} == {None}


def test_shape_colour_and_rotation(tmp_path: Path) -> None:
    clip = Clip(
        colour=BT709,
        sample_aspect_ratio=Fraction(16, 15),
        rotation=90,
        options={"chroma_sample_location": "topleft"},
    )
    with av.open(str(write_clip(tmp_path / "a.mp4", clip))) as file:
        stream = file.streams.video[0]
        frame = next(file.decode(stream))
        assert stream.sample_aspect_ratio == Fraction(16, 15)
    assert frame.rotation == 90
    assert (frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc) == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "options", "suffix", "decoded"),
    [
        ("ffv1", "gray", {}, "mkv", "gray"),
        ("ffv1", "gray16le", {}, "mkv", "gray16le"),
        ("ffv1", "bgr0", {}, "mkv", "bgr0"),
        ("ffv1", "yuva420p", {}, "mkv", "yuva420p"),
        ("libx264rgb", "rgb24", {}, "mkv", "gbrp"),
        ("libx264", "yuv422p10le", {}, "mp4", "yuv422p10le"),
        ("libx265", "yuv420p10le", {"x265-params": "log-level=none"}, "mp4", "yuv420p10le"),
        ("prores_ks", "yuva444p10le", {"profile": "4444"}, "mov", "yuva444p12le"),  # how FFmpeg decodes 4444
        ("mpeg2video", "yuv420p", {}, "mpg", "yuv420p"),
        ("mjpeg", "yuvj420p", {}, "avi", "yuvj420p"),
    ],
)
def test_codecs_and_pixel_formats(
    tmp_path: Path, codec: str, pix_fmt: str, options: dict[str, str], suffix: str, decoded: str
) -> None:
    clip = Clip(codec=codec, pix_fmt=pix_fmt, options=options, frames=6)
    frames = frames_of(write_clip(tmp_path / f"a.{suffix}", clip))
    assert [frame.format.name for frame in frames] == [decoded] * 6


def test_vp9_holds_alpha(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.webm", Clip(codec="libvpx-vp9", pix_fmt="yuva420p", frames=3))
    with av.open(str(path)) as file:
        assert file.streams.video[0].metadata["alpha_mode"] == "1"
        decoder = av.CodecContext.create("libvpx-vp9", "r")
        frames = [frame for packet in file.demux() if packet.size for frame in decoder.decode(packet)]
    assert [frame.format.name for frame in frames] == ["yuva420p"] * 3


def test_interlaced_frames_have_fields_of_two_moments(tmp_path: Path) -> None:
    clip = Clip(scene="interlaced", options=INTERLACED)
    assert all(frame.interlaced_frame for frame in frames_of(write_clip(tmp_path / "a.mp4", clip)))
    luma = next(pictures(clip)).to_ndarray()[:64].astype(int)
    still = next(pictures(Clip())).to_ndarray()[:64].astype(int)
    assert np.abs(luma[::2] - still[::2]).mean() < np.abs(luma[1::2] - still[1::2]).mean()


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts", "h264"])
def test_captions_are_on_every_frame(tmp_path: Path, suffix: str) -> None:
    frames = frames_of(write_clip(tmp_path / f"a.{suffix}", Clip(captions=True)))
    captions = [side_data(frame, SideDataType.A53_CC) for frame in frames]
    assert len(set(captions)) == 12
    assert all(data and data[:2] == b"\xfc\x94" for data in captions)


@pytest.mark.parametrize(("codec", "options"), [("libx264", HDR10_X264), ("libx265", HDR10_X265)])
def test_static_hdr_metadata(tmp_path: Path, codec: str, options: dict[str, str]) -> None:
    clip = Clip(codec=codec, pix_fmt="yuv420p10le", colour=BT2020_PQ, options=options)
    frame = frames_of(write_clip(tmp_path / "a.mkv", clip))[0]
    light = side_data(frame, SideDataType.CONTENT_LIGHT_LEVEL)
    display = side_data(frame, SideDataType.MASTERING_DISPLAY_METADATA)
    assert light is not None
    assert struct.unpack("<2I", light) == (1000, 400)
    assert display is not None
    assert Fraction(*struct.unpack_from("<2i", display)) == Fraction(35400, 50000)  # x of red
    assert (frame.colorspace, frame.color_trc) == (9, 16)


def test_tracks_of_matroska(tmp_path: Path) -> None:
    clip = Clip(
        language="eng",
        title="Picture",
        sounds=(
            Sound("aac", "eng", "Stereo", disposition=Disposition.default),
            Sound("flac", "deu"),
            Sound("libopus", "fra"),
            Sound("pcm_s16le", "jpn"),
        ),
        texts=(Text("subrip", "eng", "Words"), Text("ass", "deu"), Text("webvtt", "fra")),
    )
    with av.open(str(write_clip(tmp_path / "a.mkv", clip))) as file:
        found = [(s.codec_context.codec.canonical_name, s.language) for s in file.streams]
        titles = [s.metadata.get("title") for s in file.streams]
        defaults = [s.index for s in file.streams if s.disposition & Disposition.default]
        texts = [p.decode() for p in file.demux(file.streams.subtitles[0]) if p.size]
    assert found == [
        ("h264", "eng"),
        ("aac", "eng"),
        ("flac", "deu"),
        ("opus", "fra"),
        ("pcm_s16le", "jpn"),
        ("subrip", "eng"),
        ("ass", "deu"),
        ("webvtt", "fra"),
    ]
    assert titles[0] == "Picture"
    assert titles[1] == "Stereo"
    assert titles[5] == "Words"
    assert defaults == [1]
    words = [part.dialogue for text in texts for part in text if isinstance(part, AssSubtitle)]
    assert words == [b"Hello", b"two\nlines"]


def test_sound_lasts_as_long_as_the_picture(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", Clip(frames=24, sounds=(Sound("flac", hertz=1000),)))
    with av.open(str(path)) as file:
        samples = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
    assert len(samples) == 48000 * 24 // 25
    assert np.argmax(np.abs(np.fft.rfft(samples))) == round(1000 * 24 / 25)


def test_chapters_attachments_and_cover_art(tmp_path: Path) -> None:
    clip = Clip(
        chapters=(Chapter(0, 200, "one"), Chapter(200, 480, "two")),
        attachments=(
            Attached("a.ttf", "font/ttf", b"font"),
            Attached("cover.png", "image/png", png_picture()),
        ),
        metadata={"title": "Film"},
    )
    with av.open(str(write_clip(tmp_path / "a.mkv", clip))) as file:
        chapters = [(c["start"] * (c["time_base"] or 1), c["metadata"]["title"]) for c in file.chapters()]
        assert file.metadata["title"] == "Film"
        assert [(a.name, a.data) for a in file.streams.attachments] == [("a.ttf", b"font")]
        cover = file.streams.video[1]
        assert cover.disposition & Disposition.attached_pic
        assert bytes(next(file.demux(cover))) == png_picture()
    assert chapters == [(0, "one"), (Fraction(1, 5), "two")]


def test_cover_art_and_timecode_of_mp4(tmp_path: Path) -> None:
    clip = Clip(cover=png_picture(), metadata={"timecode": "01:00:00:00"}, texts=(Text("mov_text", "eng"),))
    with av.open(str(write_clip(tmp_path / "a.mp4", clip))) as file:
        assert file.streams.video[0].metadata["timecode"] == "01:00:00:00"
        cover = next(s for s in file.streams.video if s.disposition & Disposition.attached_pic)
        assert bytes(next(file.demux(cover))) == png_picture()


def test_broken_files(tmp_path: Path) -> None:
    clip = Clip(frames=24, options={"g": "8", "bf": "0"}, container_options={"movflags": "faststart"})
    whole = write_clip(tmp_path / "a.mp4", clip)
    assert 0 < count_decodable(truncated(whole, tmp_path / "cut.mp4")) < 24
    spoiled = damaged(whole, tmp_path / "bad.mp4", size=400)
    assert spoiled.stat().st_size == whole.stat().st_size
    assert 0 < count_decodable(spoiled) <= 24
    assert refused_packets(spoiled) or any(frame.is_corrupt for frame in frames_of(spoiled))


def count_decodable(path: Path) -> int:
    return _decode(path)[0]


def refused_packets(path: Path) -> int:
    return _decode(path)[1]


def _decode(path: Path) -> tuple[int, int]:
    """(frames, packets the decoder refuses)."""
    frames = refused = 0
    with av.open(str(path)) as file:
        for packet in file.demux(video=0):
            try:
                frames += len(packet.decode())
            except av.error.InvalidDataError:
                refused += 1
    return frames, refused
