"""What becomes of the streams beside the video: copied, converted, stored, or named as lost."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Disposition
from facts import media_facts, track, video_facts
from framelift.engine.containers import SUFFIXES, Container, container_for
from framelift.engine.encoders import ENCODERS
from framelift.engine.media import MediaFacts, TrackFacts
from framelift.engine.tracks import plan_tracks, way_out, what_is_lost
from hypothesis import given
from hypothesis import strategies as st

BY_NAME = {encoder.name: encoder for encoder in ENCODERS}
SQUARE = Fraction(1)
COVER = Disposition.attached_pic
ONE = 1 << 16
QUARTER = (0, -ONE, 0, ONE, 0, 0, 0, 0, 1 << 30)
ASKEW = (ONE, ONE // 2, 0, 0, ONE, 0, 0, 0, 1 << 30)


def container(suffix: str) -> Container:
    return container_for(Path(f"out{suffix}"))


def lost(facts: MediaFacts, suffix: str, encoder: str = "libx264", aspect: Fraction = SQUARE) -> list[str]:
    into = container(suffix)
    return what_is_lost(facts, plan_tracks(facts, into), into, BY_NAME[encoder], aspect)


def with_video(**changed: Any) -> MediaFacts:
    return media_facts(video=video_facts(**changed))


@pytest.mark.parametrize(
    ("suffix", "of", "action", "codec"),
    [
        (".mkv", track(1, "audio", "aac"), "copy", None),
        (".mkv", track(1, "audio", "pcm_u24be"), "copy", None),
        (".mp4", track(1, "audio", "flac"), "copy", None),
        (".mp4", track(1, "audio", "wmav2"), "drop", None),
        (".mov", track(1, "audio", "opus"), "drop", None),
        (".webm", track(1, "audio", "opus"), "copy", None),
        (".webm", track(1, "audio", "aac"), "drop", None),
        (".ts", track(1, "audio", "ac3"), "copy", None),
        (".ts", track(1, "audio", "vorbis"), "drop", None),
        (".mkv", track(1, "video", "mpeg2video"), "copy", None),
        (".webm", track(1, "video", "h264"), "drop", None),
        (".mkv", track(1, "subtitle", "ass"), "copy", None),
        (".mkv", track(1, "subtitle", "mov_text"), "convert", "subrip"),
        (".mp4", track(1, "subtitle", "subrip"), "convert", "mov_text"),
        (".m4v", track(1, "subtitle", "mov_text"), "copy", None),
        (".mov", track(1, "subtitle", "ass"), "convert", "mov_text"),
        (".webm", track(1, "subtitle", "subrip"), "convert", "webvtt"),
        (".mp4", track(1, "subtitle", "hdmv_pgs_subtitle"), "drop", None),
        (".ts", track(1, "subtitle", "dvb_subtitle"), "copy", None),
        (".ts", track(1, "subtitle", "subrip"), "drop", None),
        (".mkv", track(1, "attachment", "ttf"), "attach", None),
        (".mp4", track(1, "attachment", "ttf"), "drop", None),
        (".mkv", track(1, "video", "png", disposition=COVER), "attach", None),
        (".mp4", track(1, "video", "mjpeg", disposition=COVER), "copy", None),
        (".mov", track(1, "video", "mjpeg", disposition=COVER), "drop", None),
        (".mp4", track(1, "data", None, timecode=True), "metadata", None),
        (".ts", track(1, "data", None, timecode=True), "drop", None),
        (".ts", track(1, "data", "klv"), "copy", None),
        (".mkv", track(1, "data", "bin_data"), "drop", None),
        (".mkv", track(1, "unknown", None), "drop", None),
    ],
)
def test_what_becomes_of_a_track(suffix: str, of: TrackFacts, action: str, codec: str | None) -> None:
    (plan,) = plan_tracks(media_facts(of), container(suffix))
    assert (plan.track, plan.action, plan.codec) == (of, action, codec)


TRACKS = st.builds(
    track,
    st.integers(1, 99),
    st.sampled_from(["video", "audio", "subtitle", "data", "attachment"]),
    st.sampled_from(["aac", "wmav2", "h264", "subrip", "dvd_subtitle", "klv", "ttf", None]),
    disposition=st.sampled_from([Disposition(0), COVER]),
    timecode=st.booleans(),
)


@given(st.lists(TRACKS, max_size=5, unique_by=lambda each: each.index), st.sampled_from(SUFFIXES))
def test_nothing_is_left_out_in_silence(tracks: list[TrackFacts], suffix: str) -> None:
    """Every track has its plan, in order, and each that is dropped is named by its number."""
    facts = media_facts(*tracks)
    plans = plan_tracks(facts, container(suffix))
    assert [plan.track for plan in plans] == tracks
    dropped = [plan.track.index for plan in plans if plan.action == "drop"]
    named = [words for words in lost(facts, suffix) if words.startswith("stream ")]
    assert [int(words.split()[1].strip(",")) for words in named] == dropped


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (track(3, "audio", "wmav2", tags={"language": "fra"}), "stream 3, audio wmav2 (fra)"),
        (track(2, "subtitle", "hdmv_pgs_subtitle"), "stream 2, subtitle hdmv_pgs_subtitle"),
        (track(1, "video", "gif", disposition=COVER), "stream 1, cover art gif"),
        (track(4, "data", None), "stream 4, data of unknown kind"),
    ],
)
def test_a_dropped_track_is_described(of: TrackFacts, words: str) -> None:
    assert lost(media_facts(of), ".mov") == [words]


@pytest.mark.parametrize(
    ("facts", "suffix", "encoder", "words"),
    [
        (media_facts(chapters=3), ".ts", "libx264", ["3 chapters"]),
        (media_facts(chapters=3), ".mkv", "libx264", []),
        (media_facts(tags={"title": "t", "artist": "a"}), ".ts", "libx264", ["tag artist", "tag title"]),
        (with_video(tags={"mood": "calm"}), ".mp4", "libx264", ["tag mood of stream 0"]),
        (with_video(disposition=Disposition.forced), ".mov", "libx264", ["forced mark of stream 0"]),
        (with_video(disposition=Disposition.default), ".ts", "libx264", []),
        (with_video(display_matrix=QUARTER), ".ts", "libx264", []),  # turned by the engine
        (with_video(display_matrix=ASKEW), ".ts", "libx264", ["a display matrix that is no quarter turn"]),
        (with_video(display_matrix=ASKEW), ".mp4", "libx264", []),
        (with_video(side_data={SideDataType.A53_CC: b""}), ".mkv", "libx265", []),
        (with_video(side_data={SideDataType.A53_CC: b""}), ".mkv", "ffv1", ["closed captions"]),
        (with_video(side_data={SideDataType.CONTENT_LIGHT_LEVEL: b""}), ".mkv", "libx265", []),
        (
            with_video(side_data={SideDataType.MASTERING_DISPLAY_METADATA: b""}), ".mkv", "libvpx-vp9",
            ["static HDR metadata"],
        ),
        (
            with_video(side_data={SideDataType.DYNAMIC_HDR_PLUS: b"", SideDataType.SPHERICAL: b""}), ".mkv", "libx265",
            ["360-degree projection", "HDR10+ metadata"],
        ),
    ],
)  # fmt: skip
def test_what_else_is_lost_is_named(facts: MediaFacts, suffix: str, encoder: str, words: list[str]) -> None:
    assert lost(facts, suffix, encoder) == words


def test_tags_and_marks_of_other_tracks_are_named_with_their_stream() -> None:
    sound = track(5, "audio", "aac", tags={"mood": "grim", "language": "eng"}, disposition=Disposition.comment)
    assert lost(media_facts(sound), ".mov") == ["tag mood of stream 5", "comment mark of stream 5"]
    assert lost(media_facts(sound), ".mkv") == []


@pytest.mark.parametrize(
    ("suffix", "encoder", "kept"),
    [(".mkv", "libx264", True), (".mkv", "ffv1", False), (".webm", "libvpx-vp9", False), (".mp4", "libx265", True)],
)
def test_an_aspect_that_would_be_lost_is_named(suffix: str, encoder: str, *, kept: bool) -> None:
    assert lost(media_facts(), suffix, encoder, Fraction(16, 15)) == ([] if kept else ["the sample aspect ratio 16/15"])


@pytest.mark.parametrize(
    ("facts", "suffix", "encoder", "hint"),
    [
        (media_facts(chapters=1), ".ts", "libx264", "write .mkv"),
        (with_video(side_data={SideDataType.A53_CC: b""}), ".mkv", "ffv1", "--codec libx265"),
        (with_video(side_data={SideDataType.SPHERICAL: b""}), ".mkv", "libx265", "no container here"),
    ],
)
def test_the_hint_says_what_would_keep_it(facts: MediaFacts, suffix: str, encoder: str, hint: str) -> None:
    into, by = container(suffix), BY_NAME[encoder]
    assert lost(facts, suffix, encoder)
    words = way_out(facts, into, by, SQUARE)
    assert hint in words
    assert "--drop-unsupported leaves it out" in words


@given(st.lists(TRACKS, max_size=3, unique_by=lambda each: each.index), st.sampled_from(SUFFIXES))
def test_a_hint_to_write_matroska_is_true(tracks: list[TrackFacts], suffix: str) -> None:
    facts = replace(media_facts(*tracks), chapters=2)
    if "write .mkv" in way_out(facts, container(suffix), BY_NAME["libx264"], SQUARE):
        assert lost(facts, ".mkv") == []
