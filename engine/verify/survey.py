"""What a file says it holds, read before its frames: plain values, no open files.

The first frames are decoded too, because some facts are only on frames: display matrix, static HDR metadata,
chroma siting, whether timestamps come in order.
"""

from __future__ import annotations

import hashlib
import re
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path

import av
import av.error
import av.logging
from av.container import InputContainer
from av.sidedata.sidedata import Type as SideDataType
from av.stream import AttachmentStream, Discard, Stream
from av.video.stream import VideoStream

from ..colour import ColourTags, Siting
from ..errors import InputError
from .opening import chosen_video, codec_of, decoder_of, is_cover, opened
from .reading import FIRST_FRAMES, decoded, readable, side_data_of
from .texts import plain_text

_showinfo = threading.Lock()


@dataclass(frozen=True)
class Track:
    """A stream that plays: video, audio, subtitles, data."""

    index: int
    kind: str
    codec: str
    language: str | None
    title: str | None
    dispositions: frozenset[str]
    metadata: dict[str, str]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.codec, self.language, self.title and f"'{self.title}'"]))


@dataclass(frozen=True)
class Chapter:
    """Times in seconds."""

    start: Fraction
    end: Fraction
    title: str


@dataclass(frozen=True)
class Enclosure:
    """A file inside the file: an attachment or cover art."""

    name: str
    digest: str


@dataclass(frozen=True)
class Picture:
    """The video's format, as its first frames and the container give it."""

    width: int
    height: int
    layout: av.VideoFormat
    colour: ColourTags
    sample_aspect_ratio: Fraction
    display_matrix: tuple[int, ...] | None
    side_data: dict[SideDataType, bytes]
    pts_in_order: bool


@dataclass(frozen=True)
class Survey:
    """All that is known of a file before it is read through. Times in seconds."""

    path: Path
    container: str
    duration: Fraction | None
    metadata: dict[str, str]
    timecode: str | None
    chapters: tuple[Chapter, ...]
    tracks: tuple[Track, ...]
    attachments: tuple[Enclosure, ...]
    covers: tuple[Enclosure, ...]
    video: int
    picture: Picture


def survey_of(path: Path, stream: int | None) -> Survey:
    """Read the file's description and its first frames.

    Raises InputError when it cannot be opened or shows no frame, UsageError for a wrong stream number.
    """
    with opened(path) as container:
        video = chosen_video(container, path, stream)
        chapters = tuple(_chapters(container))
        streams = [s for s in container.streams if not _is_chapter_text(s, chapters, path)]
        covers = [s for s in streams if s.type == "video" and is_cover(s)]
        return Survey(
            path=path,
            container=container.format.name,
            duration=None if container.duration is None else Fraction(container.duration, av.time_base),
            metadata=dict(container.metadata),
            timecode=_timecode(container, video),
            chapters=chapters,
            tracks=tuple(_track(s) for s in streams if s not in covers and not _is_aside(s)),
            attachments=tuple(_attachment(s) for s in streams if isinstance(s, AttachmentStream)),
            covers=tuple(_covers(path, covers)),
            video=video.index,
            picture=_picture(container, video, path),
        )


def _chapters(container: InputContainer) -> Iterator[Chapter]:
    for chapter in container.chapters():
        base = chapter["time_base"] or Fraction(1)
        yield Chapter(chapter["start"] * base, chapter["end"] * base, chapter["metadata"].get("title", ""))


def _timecode(container: InputContainer, video: VideoStream) -> str | None:
    """The first of those the file, its video and its timecode tracks carry; they repeat each other."""
    for metadata in (container.metadata, video.metadata, *(stream.metadata for stream in container.streams)):
        for key, value in metadata.items():
            if key.lower() == "timecode":
                return value
    return None


def _is_aside(stream: Stream) -> bool:
    """Attachments are compared as files, timecode tracks by the timecode they carry."""
    return stream.type == "attachment" or (stream.type == "data" and "timecode" in stream.metadata)


def _is_chapter_text(stream: Stream, chapters: tuple[Chapter, ...], path: Path) -> bool:
    """Whether a track only carries the chapters' titles, as MP4 files have it.

    FFmpeg turns it into chapters and discards it, but not beside a timecode track: then it looks like a
    subtitle track.
    """
    if stream.discard == Discard.all:
        return True
    if not chapters or stream.type != "subtitle" or stream.frames != len(chapters):
        return False
    with opened(path) as container:
        texts = [plain_text(packet) for packet in container.demux(container.streams[stream.index]) if packet.size]
    return texts == [chapter.title for chapter in chapters]


def _track(stream: Stream) -> Track:
    return Track(
        index=stream.index,
        kind=stream.type,
        codec=codec_of(stream),
        language=None if stream.language in (None, "", "und") else stream.language,
        title=stream.metadata.get("title") or stream.metadata.get("name"),  # MP4 says name
        dispositions=frozenset(flag.name for flag in stream.disposition if flag.name),
        metadata=dict(stream.metadata),
    )


def _attachment(stream: AttachmentStream) -> Enclosure:
    return Enclosure(stream.name or "", hashlib.sha256(stream.data).hexdigest())


def _covers(path: Path, streams: list[Stream]) -> Iterator[Enclosure]:
    for stream in streams:
        with opened(path) as container:
            packet = next(container.demux(container.streams[stream.index]))
        yield Enclosure(stream.metadata.get("filename", ""), hashlib.sha256(bytes(packet)).hexdigest())


def _picture(container: InputContainer, stream: VideoStream, path: Path) -> Picture:
    first, side_data, pts = None, dict[SideDataType, bytes](), list[int]()
    for frame in islice(_frames(container, stream), FIRST_FRAMES):  # looked at one by one: a frame can be large
        first = first or frame
        pts += [] if frame.pts is None else [frame.pts]
        for kind, data in side_data_of(frame):
            side_data.setdefault(kind, data)
    if first is None:
        raise InputError(f"{path}: no frame of its video can be decoded", "play it to see whether it is damaged")
    siting, aspect = _shown_info(first)
    matrix = side_data.get(SideDataType.DISPLAYMATRIX)
    return Picture(
        width=first.width,
        height=first.height,
        layout=first.format,
        colour=ColourTags(first.colorspace, first.color_range, first.color_primaries, first.color_trc, siting),
        sample_aspect_ratio=stream.sample_aspect_ratio or aspect or Fraction(1),
        display_matrix=None if matrix is None else struct.unpack("<9i", matrix),
        side_data=side_data,
        pts_in_order=all(a < b for a, b in pairwise(pts)),
    )


def _frames(container: InputContainer, stream: VideoStream) -> Iterator[av.VideoFrame]:
    decoder = decoder_of(stream)
    for packet in readable(container, _ignored):
        if packet.stream_index == stream.index:
            yield from decoded(decoder, packet, _ignored)
    yield from decoded(decoder, None, _ignored)


def _ignored() -> None:
    """Damage in the first frames; the pass over the whole file counts it."""


def _shown_info(frame: av.VideoFrame) -> tuple[Siting, Fraction | None]:
    """Chroma siting and sample aspect ratio of a frame, which PyAV has only as a log line of a filter."""
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base or Fraction(1)
    )
    graph.link_nodes(source, graph.add("showinfo"), graph.add("buffersink")).configure()
    with _showinfo:  # the log level belongs to the process
        level, skip = av.logging.get_level(), av.logging.get_skip_repeated()
        av.logging.set_level(av.logging.INFO)
        av.logging.set_skip_repeated(False)  # two files may hold the same first frame
        try:
            with av.logging.Capture() as lines:
                graph.push(frame)
                graph.pull()
        finally:
            av.logging.set_level(level)
            av.logging.set_skip_repeated(skip)
    found = re.search(r" cl:(\w+) sar:(\d+)/(\d+)", "".join(text for _, _, text in lines))
    if found is None:
        return Siting.UNSPECIFIED, None
    across, down = int(found[2]), int(found[3])
    return Siting(found[1]), Fraction(across, down) if across and down else None
