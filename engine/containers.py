"""What each output container can carry: one table, from FFmpeg's muxers as PyAV ships them, each row tested."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from av.stream import Disposition

from .errors import UsageError
from .languages import ANY, QUICKTIME, THREE_LETTERS

CoverArt = Literal["stream", "attachment", "none"]


@dataclass(frozen=True)
class Container:
    """A container by its muxer, and what it holds beside video."""

    muxer: str
    video: frozenset[str]  # codecs, canonical names
    audio: frozenset[str] | None  # None: nearly all, the muxer decides
    subtitles: frozenset[str]
    text_subtitles: str | None  # the codec that text subtitles are converted to
    data: frozenset[str]
    alpha: frozenset[str]  # video codecs whose alpha it keeps
    aspect: frozenset[str] | None  # video codecs whose sample aspect ratio it keeps; None: all
    cover_art: CoverArt
    attachments: bool
    chapters: bool
    chapter_gaps: bool  # chapters need not follow each other from 0 on
    rotation: bool
    tags: frozenset[str] | None  # of the file, lower case; None: any
    track_tags: frozenset[str] | None  # of audio and subtitles, and of video but for `video_tags`
    video_tags: frozenset[str] | None
    tags_beside_cover: frozenset[str] | None  # of the file, where it has cover art
    dispositions: Disposition
    languages: str = ANY  # pattern of the codes it holds
    options: dict[str, str] = field(default_factory=dict)


_D = Disposition
_ASPECT_IN_STREAM = frozenset({"h264", "hevc", "mpeg2video", "mpeg4"})
ITUNES_TAGS = frozenset({
    "title", "artist", "album_artist", "composer", "album", "date", "comment", "genre", "copyright", "grouping",
    "lyrics", "description", "synopsis", "show", "episode_id", "network", "keywords", "track", "disc",
    "creation_time", "location",
})  # fmt: skip
_MP4_TRACK_TAGS = frozenset({"language", "title", "handler_name", "creation_time", "timecode"})
_MATROSKA_VIDEO = frozenset(
    {"h264", "hevc", "av1", "vp8", "vp9", "ffv1", "prores", "mpeg2video", "mpeg4", "mjpeg", "dvvideo"}
)
_MP4_AUDIO = frozenset({"aac", "ac3", "eac3", "mp3", "mp2", "alac", "flac", "opus", "dts", "truehd", "vorbis",
                        "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le"})  # fmt: skip
_TEXT = frozenset({"subrip", "ass", "webvtt", "mov_text", "text"})

_MATROSKA = Container(
    muxer="matroska",
    video=_MATROSKA_VIDEO,
    audio=None,
    subtitles=frozenset({"subrip", "ass", "webvtt", "hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "text"}),
    text_subtitles="subrip",
    data=frozenset(),
    alpha=frozenset({"vp9", "ffv1", "prores"}),
    aspect=_ASPECT_IN_STREAM,
    cover_art="attachment",
    attachments=True,
    chapters=True,
    chapter_gaps=True,
    rotation=True,
    tags=None,
    track_tags=None,
    video_tags=None,
    tags_beside_cover=None,
    dispositions=_D.default | _D.dub | _D.original | _D.comment | _D.forced | _D.hearing_impaired | _D.visual_impaired,
    options={"avoid_negative_ts": "disabled"},
)
_MP4 = Container(
    muxer="mp4",
    video=frozenset({"h264", "hevc", "av1", "vp9", "mpeg4", "mpeg2video", "mjpeg"}),
    audio=_MP4_AUDIO,
    subtitles=frozenset({"mov_text", "dvd_subtitle"}),
    text_subtitles="mov_text",
    data=frozenset(),
    alpha=frozenset(),
    aspect=None,
    cover_art="stream",
    attachments=False,
    chapters=True,
    chapter_gaps=False,
    rotation=True,
    tags=None,
    track_tags=_MP4_TRACK_TAGS,
    video_tags=_MP4_TRACK_TAGS,
    tags_beside_cover=ITUNES_TAGS,
    dispositions=_D.default
    | _D.dub
    | _D.comment
    | _D.forced
    | _D.hearing_impaired
    | _D.visual_impaired
    | _D.captions
    | _D.descriptions,
    languages=THREE_LETTERS,
    options={"write_tmcd": "1"},
)
_MOV = Container(
    muxer="mov",
    video=frozenset({"h264", "hevc", "prores", "mpeg4", "mpeg2video", "mjpeg", "dvvideo"}),
    audio=_MP4_AUDIO - {"opus", "vorbis", "flac", "truehd", "dts"} | {"pcm_s16be", "pcm_s24be", "pcm_s8", "pcm_u8"},
    subtitles=frozenset({"mov_text"}),
    text_subtitles="mov_text",
    data=frozenset(),
    alpha=frozenset({"prores"}),
    aspect=None,
    cover_art="none",
    attachments=False,
    chapters=True,
    chapter_gaps=False,
    rotation=True,
    tags=None,
    track_tags=_MP4_TRACK_TAGS,
    video_tags=_MP4_TRACK_TAGS,
    tags_beside_cover=None,
    dispositions=_D.default,
    languages=QUICKTIME,
    options={"movflags": "use_metadata_tags"},
)
_WEBM = Container(
    muxer="webm",
    video=frozenset({"vp8", "vp9", "av1"}),
    audio=frozenset({"opus", "vorbis"}),
    subtitles=frozenset({"webvtt"}),
    text_subtitles="webvtt",
    data=frozenset(),
    alpha=frozenset({"vp9"}),
    aspect=_ASPECT_IN_STREAM,
    cover_art="none",
    attachments=False,
    chapters=True,
    chapter_gaps=True,
    rotation=True,
    tags=None,
    track_tags=None,
    video_tags=None,
    tags_beside_cover=None,
    dispositions=_D.default | _D.forced,
    options={"avoid_negative_ts": "disabled"},
)
_MPEGTS = Container(
    muxer="mpegts",
    video=frozenset({"h264", "hevc", "mpeg2video"}),
    audio=frozenset({"aac", "ac3", "eac3", "mp3", "mp2", "opus", "dts", "truehd"}),
    subtitles=frozenset({"dvb_subtitle", "dvb_teletext", "hdmv_pgs_subtitle"}),
    text_subtitles=None,
    data=frozenset({"klv", "timed_id3", "scte_35"}),
    alpha=frozenset(),
    aspect=None,
    cover_art="none",
    attachments=False,
    chapters=False,
    chapter_gaps=False,
    rotation=False,
    tags=frozenset({"service_name", "service_provider"}),
    track_tags=frozenset({"language"}),
    video_tags=frozenset(),
    tags_beside_cover=frozenset({"service_name", "service_provider"}),
    dispositions=_D.hearing_impaired | _D.visual_impaired | _D.clean_effects | _D.descriptions,
    languages=THREE_LETTERS,
    options={"mpegts_copyts": "1", "avoid_negative_ts": "disabled"},
)
_BY_SUFFIX = {
    ".mkv": _MATROSKA, ".mp4": _MP4, ".m4v": _MP4, ".mov": _MOV, ".webm": _WEBM,
    ".ts": _MPEGTS, ".m2ts": _MPEGTS, ".mts": _MPEGTS,
}  # fmt: skip
SUFFIXES = tuple(_BY_SUFFIX)
TEXT_SUBTITLES = _TEXT


def container_for(path: Path) -> Container:
    """The container a file name asks for. Raises UsageError for a suffix not in `SUFFIXES`."""
    suffix = path.suffix.lower()
    if suffix not in _BY_SUFFIX:
        raise UsageError(
            f"output {path.name!r}: container {suffix or '(none)'} is not supported, only {', '.join(SUFFIXES)}",
            "end the output's name in .mkv, which carries everything"
            + ("; AVI keeps neither variable rates nor B-frames" if suffix == ".avi" else ""),
        )
    return _BY_SUFFIX[suffix]
