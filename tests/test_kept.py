"""What comes with the picture, end to end: tracks, tags, chapters, shape, colour, and what frames carry."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Disposition
from clips import (
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
    png_picture,
    write_clip,
)
from framelift.cli.main import exit_code_of
from framelift.engine.colour import ColourTags
from framelift.engine.errors import ExitCode
from framelift.engine.verify import verify
from frames import samples_of
from runs import QUICKLY, frames_of, kept, refusal, side_data_of, upscaled

SMALL = Clip(width=64, height=48, frames=6)
TRACKS = replace(
    SMALL,
    language="eng",
    title="Main picture",
    sounds=(
        Sound("aac", "eng", "Stereo", disposition=Disposition.default),
        Sound("aac", "deu", "Ton", hertz=330),
        Sound("ac3", "jpn", "Commentary", disposition=Disposition.comment),
    ),
    metadata={"title": "A clip", "comment": "made by a test", "artist": "nobody"},
    chapters=(Chapter(0, 100, "one"), Chapter(100, 240, "two & a half")),
)
TEXTS = (
    Text("subrip", "fra", "Sous-titres", disposition=Disposition.default),
    Text("subrip", "eng", "Forced", lines=((0, 90, r"A {\i1}sign{\i0}"),), disposition=Disposition.forced),
)
FONT = Attached("a font.ttf", "application/x-truetype-font", bytes(range(256)) * 5)
COVER = Attached("cover.png", "image/png", png_picture())


# ---- tracks


@pytest.mark.parametrize("source", ["mkv", "mp4", "mov"])
@pytest.mark.parametrize("output", ["mkv", "mp4", "mov"])
def test_tracks_tags_and_chapters_are_kept(tmp_path: Path, source: str, output: str) -> None:
    marks = () if source != "mov" and output == "mov" else TRACKS.sounds[2:]
    clip = write_clip(tmp_path / f"in.{source}", replace(TRACKS, sounds=TRACKS.sounds[:2] + marks))
    kept(clip, tmp_path / f"out.{output}")


def test_many_tracks_are_kept_in_their_order(tmp_path: Path) -> None:
    languages = ("eng", "deu", "fra", "jpn", "spa", "ita")
    sounds = tuple(
        Sound("aac", language, f"Sound {language}", hertz=200 + 50 * n) for n, language in enumerate(languages)
    )
    texts = tuple(Text("subrip", language, f"Text {language}") for language in languages)
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, sounds=sounds, texts=texts))
    for suffix in ("mkv", "mp4"):
        with av.open(str(kept(source, tmp_path / f"out.{suffix}"))) as file:
            assert [stream.language for stream in file.streams if stream.type != "video"] == [*languages, *languages]


@pytest.mark.parametrize("codec", ["flac", "libopus", "ac3", "libmp3lame", "mp2", "pcm_s16le", "pcm_s24le", "alac"])
@pytest.mark.parametrize("output", ["mkv", "mp4"])
def test_sound_of_many_codecs_is_copied(tmp_path: Path, codec: str, output: str) -> None:
    kept(write_clip(tmp_path / "in.mkv", replace(SMALL, sounds=(Sound(codec),))), tmp_path / f"out.{output}")


def test_sound_and_picture_go_to_webm_and_ts(tmp_path: Path) -> None:
    opus = write_clip(tmp_path / "opus.mkv", replace(SMALL, sounds=(Sound("libopus", "eng"),), texts=(Text("webvtt"),)))
    kept(opus, tmp_path / "out.webm")
    aac = write_clip(tmp_path / "aac.ts", replace(SMALL, sounds=(Sound("aac", "eng"), Sound("mp2", "deu"))))
    kept(aac, tmp_path / "out.ts")
    kept(aac, tmp_path / "out.mp4")


def test_a_second_video_track_is_copied(tmp_path: Path) -> None:
    source = two_videos(tmp_path / "in.mkv")
    for number, size in ((0, (128, 96)), (1, (96, 64))):
        output = upscaled(source, tmp_path / f"out{number}.mkv", "--stream", str(number))
        assert verify(source, output, stream=number).findings == ()
        with av.open(str(output)) as file:
            assert [(s.width, s.height) for s in file.streams.video][number] == size


def two_videos(path: Path) -> Path:
    with av.open(str(path), "w") as file:
        streams = [file.add_stream("libx264", rate=25) for _ in range(2)]
        for stream, (width, height) in zip(streams, ((64, 48), (48, 32)), strict=True):
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(6):
            for stream in streams:
                shade = np.full((stream.height, stream.width, 3), 40 * number, np.uint8)
                file.mux(stream.encode(av.VideoFrame.from_ndarray(shade, "rgb24")))
        for stream in streams:
            file.mux(stream.encode(None))
    return path


# ---- subtitles


@pytest.mark.parametrize("codec", ["subrip", "ass", "webvtt"])
def test_text_subtitles_become_those_of_mp4_and_back(tmp_path: Path, codec: str) -> None:
    texts = tuple(replace(text, codec=codec) for text in TEXTS)
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, texts=texts))
    kept(source, tmp_path / "same.mkv")
    middle = kept(source, tmp_path / "middle.mp4")
    back = kept(middle, tmp_path / "back.mkv")
    with av.open(str(middle)) as a, av.open(str(back)) as b:
        assert {s.codec_context.name for s in a.streams.subtitles} == {"mov_text"}
        assert {s.codec_context.codec.canonical_name for s in b.streams.subtitles} == {"subrip"}


def test_bitmap_subtitles_are_refused_for_mov_unless_dropped(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = bitmap_subtitles(tmp_path / "in.mkv")
    kept(source, tmp_path / "out.mkv")
    for suffix in ("mp4", "mov"):
        with refusal(capfd, tmp_path) as words:
            assert exit_code_of(["upscale", str(source), str(tmp_path / f"out.{suffix}"), *QUICKLY]) == 5
        assert "hdmv_pgs_subtitle" in words[0]
        assert "--drop-unsupported" in words[1]
        output = upscaled(source, tmp_path / f"dropped.{suffix}", "--drop-unsupported")
        assert {finding.check for finding in verify(source, output).findings} == {"tracks.subtitle"}


def bitmap_subtitles(path: Path) -> Path:
    """A clip with a PGS track of one empty display set: presentation, window and end segments."""
    clip = write_clip(path.with_name("plain.mkv"), SMALL)
    presentation = bytes([0x16, 0, 11, 0, 64, 0, 48, 0x10, 0, 0, 0x80, 0, 0, 0])
    window = bytes([0x17, 0, 10, 1, 0, 0, 0, 0, 0, 0, 64, 0, 48])
    end = bytes([0x80, 0, 0])
    with av.open(str(clip)) as a, av.open(str(path), "w") as b:
        video = b.add_stream_from_template(a.streams.video[0])
        subtitles = b.add_mux_stream("hdmv_pgs_subtitle")
        for packet in a.demux(video=0):
            if packet.size:
                packet.stream = video
                b.mux(packet)
        for pts in (40, 160):
            shown = av.Packet(presentation + window + end)
            shown.stream, shown.pts, shown.dts, shown.time_base = subtitles, pts, pts, MILLISECOND
            b.mux(shown)
    return path


# ---- files within the file


def test_attachments_and_cover_are_kept(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(TRACKS, attachments=(FONT, COVER), texts=TEXTS))
    output = kept(source, tmp_path / "out.mkv")
    with av.open(str(output)) as file:
        assert [(s.name, s.mimetype) for s in file.streams.attachments] == [(FONT.name, FONT.mimetype)]


def test_attachments_are_refused_for_mp4(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, attachments=(FONT,)))
    with refusal(capfd, tmp_path) as words:
        assert exit_code_of(["upscale", str(source), str(tmp_path / "out.mp4"), *QUICKLY]) == 5
    assert "attachment" in words[0]


@pytest.mark.parametrize(("source", "output"), [("mp4", "mkv"), ("mkv", "mp4"), ("mkv", "mkv"), ("mp4", "mp4")])
def test_cover_art_is_kept_through(tmp_path: Path, source: str, output: str) -> None:
    covered = {"attachments": (COVER,)} if source == "mkv" else {"cover": COVER.data}
    clip = write_clip(tmp_path / f"in.{source}", replace(TRACKS, sounds=TRACKS.sounds[:2], **covered))
    made = kept(clip, tmp_path / f"out.{output}")
    with av.open(str(made)) as file:
        covers = [s for s in file.streams.video if s.disposition & Disposition.attached_pic]
        assert len(covers) == 1
        picture = next(packet for packet in file.demux(covers[0]) if packet.size)
    assert bytes(picture) == COVER.data


# ---- timecode, custom tags


@pytest.mark.parametrize("output", ["mov", "mp4", "mkv"])
def test_a_timecode_track_is_kept(tmp_path: Path, output: str) -> None:
    source = write_clip(tmp_path / "in.mov", replace(SMALL, metadata={"timecode": "01:02:03:04", "title": "Reel 7"}))
    with av.open(str(source)) as file:
        assert [stream.type for stream in file.streams] == ["video", "data"]
    made = kept(source, tmp_path / f"out.{output}")
    with av.open(str(made)) as file:
        words = [file.metadata, *(stream.metadata for stream in file.streams)]
        assert "01:02:03:04" in {word.get("timecode") or word.get("TIMECODE") for word in words}


@pytest.mark.parametrize("output", ["mkv", "mp4", "mov"])
def test_custom_tags_are_kept(tmp_path: Path, output: str) -> None:
    metadata = {"title": "A clip", "director": "nobody", "com.example.take": "7", "location": "+48.1370+011.5750/"}
    kept(write_clip(tmp_path / "in.mkv", replace(SMALL, metadata=metadata)), tmp_path / f"out.{output}")


def test_custom_tags_beside_a_cover_are_refused_for_mp4(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    clip = replace(SMALL, metadata={"title": "A clip", "director": "nobody"}, attachments=(COVER,))
    source = write_clip(tmp_path / "in.mkv", clip)
    with refusal(capfd, tmp_path) as words:
        assert exit_code_of(["upscale", str(source), str(tmp_path / "out.mp4"), *QUICKLY]) == 5
    assert "DIRECTOR" in words[0].upper()
    output = upscaled(source, tmp_path / "dropped.mp4", "--drop-unsupported")
    assert {finding.check for finding in verify(source, output).findings} == {"metadata.file"}


@pytest.mark.parametrize("language", ["swe", "ger", "deu", "zho"])
def test_languages_quicktime_spells_its_own_way_are_kept(tmp_path: Path, language: str) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, sounds=(Sound(language=language),)))
    for suffix in ("mov", "mp4", "mkv"):
        kept(source, tmp_path / f"out.{suffix}")


def test_a_language_quicktime_lacks_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, sounds=(Sound(language="hrv"),)))
    with refusal(capfd, tmp_path) as words:
        assert exit_code_of(["upscale", str(source), str(tmp_path / "out.mov"), *QUICKLY]) == 5
    assert "language hrv" in words[0]


# ---- shape


@pytest.mark.parametrize("degrees", [90, 180, 270])
@pytest.mark.parametrize(("source", "output"), [("mp4", "mp4"), ("mp4", "mkv"), ("mov", "mov"), ("mkv", "webm")])
def test_rotation_is_kept_as_side_data(tmp_path: Path, degrees: int, source: str, output: str) -> None:
    clip = write_clip(tmp_path / f"in.{source}", replace(SMALL, rotation=degrees))
    made = frames_of(kept(clip, tmp_path / f"out.{output}"))
    assert (made[0].width, made[0].height) == (128, 96)
    assert made[0].rotation == frames_of(clip)[0].rotation != 0


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotation_is_applied_where_it_cannot_be_said(tmp_path: Path, degrees: int) -> None:
    source = write_clip(tmp_path / "in.mp4", replace(SMALL, rotation=degrees, sample_aspect_ratio=Fraction(16, 15)))
    output = kept(source, tmp_path / "out.ts")
    with av.open(str(output)) as file:
        shape = file.streams.video[0].sample_aspect_ratio
    frame, turned = frames_of(source)[0], frames_of(output)[0]
    assert turned.rotation == 0
    assert (turned.width, turned.height) == ((128, 96) if degrees == 180 else (96, 128))
    assert shape == (Fraction(16, 15) if degrees == 180 else Fraction(15, 16))
    shown = np.rot90(samples_of(frame)[0], frame.rotation // 90).astype(float)
    halves = samples_of(turned)[0].astype(float)
    halves = (halves[0::2, 0::2] + halves[0::2, 1::2] + halves[1::2, 0::2] + halves[1::2, 1::2]) / 4
    assert np.abs(halves - shown).mean() < 4


@pytest.mark.parametrize("aspect", [Fraction(16, 15), Fraction(8, 9), Fraction(64, 45), Fraction(4, 3), Fraction(1)])
@pytest.mark.parametrize("output", ["mkv", "mp4", "ts"])
def test_sample_aspect_ratio_is_kept(tmp_path: Path, aspect: Fraction, output: str) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, sample_aspect_ratio=aspect))
    with av.open(str(kept(source, tmp_path / f"out.{output}"))) as file:
        shape = file.streams.video[0].sample_aspect_ratio or Fraction(1)
    assert abs(shape / aspect - 1) < 0.01


# ---- colour


@pytest.mark.parametrize(
    "colour",
    [
        pytest.param(ColourTags(1, 1, 1, 1), id="bt709"),
        pytest.param(ColourTags(5, 1, 5, 4), id="bt470bg"),
        pytest.param(ColourTags(6, 1, 6, 6), id="smpte170m"),
        pytest.param(ColourTags(9, 1, 9, 16), id="bt2020 pq"),
        pytest.param(ColourTags(9, 1, 9, 18), id="bt2020 hlg"),
        pytest.param(ColourTags(1, 2, 1, 13), id="full range"),
        pytest.param(ColourTags(7, 1, 7, 7), id="smpte240m"),
        pytest.param(ColourTags(), id="untagged"),
        pytest.param(ColourTags(range=2), id="full range alone"),
        pytest.param(ColourTags(primaries=9), id="primaries alone"),
    ],
)
@pytest.mark.parametrize(("source", "output"), [("mkv", "mp4"), ("mp4", "mkv"), ("mp4", "webm"), ("mkv", "ts")])
def test_colour_tags_are_kept(tmp_path: Path, colour: ColourTags, source: str, output: str) -> None:
    clip = write_clip(tmp_path / f"in.{source}", replace(SMALL, colour=colour))
    made = frames_of(kept(clip, tmp_path / f"out.{output}"))[0]
    assert made.color_range == (colour.range or 1)
    assert made.colorspace == (6 if colour.matrix == 2 else colour.matrix)
    if output != "webm":
        assert (made.color_primaries, made.color_trc) == (colour.primaries, colour.transfer)


@pytest.mark.parametrize("siting", ["left", "center", "topleft"])
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_chroma_siting_is_kept(tmp_path: Path, siting: str, codec: str) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, options={"chroma_sample_location": siting}))
    for suffix in ("mkv", "mp4", "ts"):
        kept(source, tmp_path / f"out.{suffix}", "--codec", codec)


@pytest.mark.parametrize(
    ("codec", "options"), [("libx264", HDR10_X264), ("libx265", HDR10_X265)], ids=["from x264", "from x265"]
)
def test_static_hdr_metadata_is_kept(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], codec: str, options: dict[str, str]
) -> None:
    clip = replace(SMALL, codec=codec, options=options, pix_fmt="yuv420p10le", colour=BT2020_PQ)
    source = write_clip(tmp_path / "in.mkv", clip)
    for encoder in ("libx264", "libx265", "libsvtav1"):
        for suffix in ("mkv", "mp4"):
            output = kept(source, tmp_path / f"{encoder}.{suffix}", "--codec", encoder)
            kinds = side_data_of(frames_of(output)[0]).keys()
            assert {SideDataType.MASTERING_DISPLAY_METADATA, SideDataType.CONTENT_LIGHT_LEVEL} <= kinds
    with refusal(capfd, tmp_path) as words:
        assert exit_code_of(["upscale", str(source), str(tmp_path / "out.mkv"), *QUICKLY, "--codec", "ffv1"]) == 5
    assert "HDR" in words[0]
    assert "libx265" in words[1]
    dropped = upscaled(source, tmp_path / "dropped.mkv", "--codec", "ffv1", "--drop-unsupported")
    assert {finding.check for finding in verify(source, dropped).findings} == {"hdr.mastering", "hdr.light"}


# ---- captions, fields, alpha


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_closed_captions_are_kept(tmp_path: Path, codec: str) -> None:
    for source, output in (("mp4", "mp4"), ("mkv", "ts"), ("ts", "mkv")):
        clip = write_clip(tmp_path / f"in.{source}", replace(SMALL, captions=True))
        made = kept(clip, tmp_path / f"out.{output}", "--codec", codec)
        had, has = ([side_data_of(f)[SideDataType.A53_CC] for f in frames_of(path)] for path in (clip, made))
        assert has == had
        assert len(set(had)) == 6


def test_captions_are_refused_where_the_encoder_has_none(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = write_clip(tmp_path / "in.mp4", replace(SMALL, captions=True))
    with refusal(capfd, tmp_path) as words:
        assert exit_code_of(["upscale", str(source), str(tmp_path / "out.mkv"), *QUICKLY, "--codec", "av1"]) == 5
    assert "captions" in words[0]


def test_interlaced_pictures_are_deinterlaced_unless_told_not_to(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, frames=10, scene="interlaced", options=INTERLACED))
    assert frames_of(source)[0].interlaced_frame
    auto = kept(source, tmp_path / "auto.mkv")
    on = kept(source, tmp_path / "on.mkv", "--deinterlace", "on")
    off = upscaled(source, tmp_path / "off.mkv", "--deinterlace", "off")
    assert [combing(path) < combing(off) / 10 for path in (auto, on)] == [True, True]
    assert not frames_of(auto)[0].interlaced_frame


def test_progressive_pictures_are_deinterlaced_only_when_told_to(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", SMALL)
    auto, off, on = (
        kept(source, tmp_path / f"{how}.mkv", "--codec", "ffv1", "--deinterlace", how) for how in ("auto", "off", "on")
    )
    planes = [samples_of(frames_of(path)[3])[0] for path in (auto, off, on)]
    assert (planes[0] == planes[1]).all()
    assert (planes[0] != planes[2]).any()


def combing(path: Path) -> float:
    """How far lines stand out from both of their neighbours to the same side, in squared codes."""
    lumas = [samples_of(frame)[0].astype(float) for frame in frames_of(path)]
    lines = np.array([luma[0::2] + luma[1::2] for luma in lumas]) / 2  # as many as the source has
    above, below = lines[:, 1:-1] - lines[:, :-2], lines[:, 1:-1] - lines[:, 2:]
    return float((above * below).clip(0).mean())


def test_alpha_is_enlarged_with_the_picture(tmp_path: Path) -> None:
    clip = replace(SMALL, codec="ffv1", pix_fmt="yuva444p10le")
    source = write_clip(tmp_path / "in.mkv", clip)
    small, large = (samples_of(frames_of(path)[2])[3] for path in (source, kept(source, tmp_path / "out.mkv")))
    halves = (large[0::2, 0::2].astype(float) + large[0::2, 1::2] + large[1::2, 0::2] + large[1::2, 1::2]) / 4
    assert small.std() > 50
    assert np.abs(halves - small).mean() < 2


def test_texts_that_overlap_are_told_where_one_is_shown_at_a_time(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = ((40, 400, "long"), (100, 300, "over it"))
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, texts=(Text("ass", lines=lines),)))
    upscaled(source, tmp_path / "out.mp4")
    assert "note: 1 subtitle texts overlap others" in capfd.readouterr().err


def test_chapters_with_gaps_are_refused_where_they_would_be_closed(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", replace(SMALL, chapters=(Chapter(100, 200, "a"), Chapter(300, 400, "b"))))
    assert exit_code_of(["upscale", str(source), str(tmp_path / "out.mp4"), *QUICKLY]) == ExitCode.OUTPUT
    kept(source, tmp_path / "out.mkv")


def test_the_time_of_a_clock_that_was_never_set_is_none_in_mp4(tmp_path: Path) -> None:
    unset = {"creation_time": "1970-01-01T00:00:00.000000Z"}
    kept(write_clip(tmp_path / "in.mkv", replace(SMALL, metadata=unset)), tmp_path / "out.mp4")
