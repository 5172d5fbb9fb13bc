"""Metadata: the muxers' own words stay behind, everybody else's are kept or named as lost."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from clips import Attached, Clip, Sound, Text, write_clip
from framelift.engine.tags import file_tags, kept, lost, track_tags
from hypothesis import given
from hypothesis import strategies as st

TAGS = st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=4), max_size=4)
RICH = Clip(
    title="Main picture",
    language="eng",
    metadata={"title": "A clip", "comment": "by a test", "date": "1999"},
    sounds=(Sound("aac", "fra", "Son"), Sound("aac")),
)


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "mov"])
def test_of_a_real_file_the_author_s_words_are_left(tmp_path: Path, suffix: str) -> None:
    """Whatever FFmpeg's muxer adds is gone, and a title is a title in every container."""
    path = write_clip(tmp_path / f"clip.{suffix}", RICH)
    with av.open(str(path)) as file:
        found = {key.lower(): value for key, value in file_tags(file.metadata).items()}  # Matroska shouts
        tracks = [track_tags(stream.metadata) for stream in file.streams]
    assert found == RICH.metadata
    assert tracks == [{"title": "Main picture", "language": "eng"}, {"title": "Son", "language": "fra"}, {}]


def test_an_attachment_s_fields_are_no_tags(tmp_path: Path) -> None:
    clip = Clip(texts=(Text("ass", "fra"),), attachments=(Attached("a.ttf", "font/ttf", b"no font"),))
    with av.open(str(write_clip(tmp_path / "clip.mkv", clip))) as file:
        assert [track_tags(stream.metadata) for stream in file.streams] == [{}, {"language": "fra"}, {}]


@pytest.mark.parametrize(
    "key",
    ["ENCODER", "encoder", "major_brand", "DURATION", "DURATION-eng", "BPS", "BPS-deu", "NUMBER_OF_FRAMES",
     "_STATISTICS_TAGS", "_STATISTICS_WRITING_APP-eng", "rotate", "vendor_id"],
)  # fmt: skip
def test_what_muxers_say_of_their_file_is_not_kept(key: str) -> None:
    assert file_tags({key: "x", "title": "t"}) == track_tags({key: "x", "title": "t"}) == {"title": "t"}


@pytest.mark.parametrize("key", ["encoded_by", "title-eng", "durations", "BPS-english", "comment", "artist", "major"])
def test_what_only_looks_like_it_is_kept(key: str) -> None:
    assert file_tags({key: "x"}) == track_tags({key: "x"}) == {key: "x"}


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"software": "Lavf62.1.100"}, {}),
        ({"software": "Premiere"}, {"software": "Premiere"}),
        ({"location": "+48+011/", "location-eng": "+48+011/"}, {"location": "+48+011/"}),
    ],
)
def test_file_tags_written_twice_or_by_ffmpeg(metadata: dict[str, str], expected: dict[str, str]) -> None:
    assert file_tags(metadata) == expected


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"name": "Director"}, {"title": "Director"}),
        ({"name": "MP4's", "title": "own"}, {"title": "own"}),
        ({"language": "und"}, {}),
        ({"language": "deu"}, {"language": "deu"}),
        ({"handler_name": "VideoHandler"}, {}),
        ({"HANDLER_NAME": "SoundHandler\x00"}, {}),
        ({"handler_name": "GoPro AVC"}, {"handler_name": "GoPro AVC"}),
        ({"alpha_mode": "1"}, {}),
        ({"ALPHA_MODE": "1"}, {}),
    ],
)
def test_track_tags_by_one_name(metadata: dict[str, str], expected: dict[str, str]) -> None:
    assert track_tags(metadata) == expected


@given(TAGS, st.none() | st.frozensets(st.text(max_size=8).map(str.lower), max_size=4))
def test_a_tag_is_kept_or_lost(tags: dict[str, str], allowed: frozenset[str] | None) -> None:
    held = kept(tags, allowed)
    assert held.items() <= tags.items()
    assert sorted([*held, *lost(tags, allowed)]) == sorted(tags)
    assert allowed is not None or held == tags


@given(TAGS)
def test_reading_tags_twice_changes_nothing(tags: dict[str, str]) -> None:
    """What was written is read as it was."""
    assert file_tags(file_tags(tags)) == file_tags(tags)
    assert track_tags(track_tags(tags)) == track_tags(tags)


def test_keys_are_allowed_in_any_case() -> None:
    assert kept({"Title": "t", "ARTIST": "a"}, frozenset({"title"})) == {"Title": "t"}
    assert lost({"Title": "t", "ARTIST": "a", "handler_name": "h"}, frozenset({"title"})) == ["ARTIST"]
