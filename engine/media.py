"""What a media file holds: the facts the run, `probe` and the user need before the first frame.

The container says much of it; the first frames, decoded here, say the rest (chroma siting, interlacing, side
data, whether timestamps come in order).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias, cast

import av
import av.logging
from av.codec import CodecContext
from av.container import InputContainer
from av.packet import Packet
from av.sidedata.sidedata import SideData
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Discard, Disposition, Stream
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from . import complaints
from .colour import ColourTags, Siting
from .errors import InputError, UsageError
from .orientation import degrees_of
from .tags import file_tags, track_tags

AnyPacket: TypeAlias = "Packet[Stream]"

PEEKED_FRAMES = 16  # the deepest reordering H.264 and HEVC allow


@dataclass(frozen=True)
class VideoFacts:
    """The video stream to upscale, as the file describes it and its first frames show it."""

    index: int
    codec: str
    width: int
    height: int
    pix_fmt: str
    time_base: Fraction
    rate: Fraction
    frames: int | None
    duration: float | None  # seconds, as declared
    sample_aspect_ratio: Fraction
    colour: ColourTags  # as tagged, nothing decided
    interlaced: bool
    alpha: bool
    has_pts: bool
    pts_in_order: bool
    display_matrix: tuple[int, ...] | None
    tags: dict[str, str]
    disposition: Disposition
    side_data: dict[SideDataType, bytes] = field(repr=False)

    @property
    def frames_expected(self) -> int | None:
        """As the file states, else by duration and rate; None where it says neither."""
        if self.frames is not None or self.duration is None:
            return self.frames
        return round(self.duration * self.rate)

    @property
    def rotation(self) -> int:
        """Degrees counter-clockwise by which a player turns the picture; 0 without a display matrix."""
        return degrees_of(self.display_matrix)


@dataclass(frozen=True)
class TrackFacts:
    """One stream that is not the one to upscale."""

    index: int
    type: str
    codec: str | None
    tags: dict[str, str]
    disposition: Disposition
    timecode: bool
    copyable: bool = True  # PyAV cannot copy sound, pictures or text that FFmpeg has no decoder for

    @property
    def cover_art(self) -> bool:
        """Whether it is a picture of the file, not a video."""
        return bool(self.disposition & Disposition.attached_pic)


@dataclass(frozen=True)
class MediaFacts:
    """What `probe` reports."""

    path: Path
    container: str
    duration: float | None
    video: VideoFacts
    tracks: tuple[TrackFacts, ...]
    chapters: int
    chapter_gaps: bool  # a chapter does not begin where the one before ends, or the first not at 0
    tags: dict[str, str]

    def to_json(self) -> dict[str, object]:
        """Plain values for `json.dumps`."""
        video, colour = self.video, self.video.colour
        return {
            "path": str(self.path),
            "container": self.container,
            "duration": self.duration,
            "chapters": self.chapters,
            "tags": self.tags,
            "video": {
                "stream": video.index,
                "codec": video.codec,
                "size": [video.width, video.height],
                "pix_fmt": video.pix_fmt,
                "rate": str(video.rate),
                "time_base": str(video.time_base),
                "frames": video.frames,
                "duration": video.duration,
                "sample_aspect_ratio": str(video.sample_aspect_ratio),
                "rotation": video.rotation,
                "interlaced": video.interlaced,
                "timestamps": "none" if not video.has_pts else "in order" if video.pts_in_order else "out of order",
                "colour": {
                    "matrix": colour.matrix,
                    "range": colour.range,
                    "primaries": colour.primaries,
                    "transfer": colour.transfer,
                    "siting": colour.siting.value,
                },
                "side_data": sorted(kind.name.lower() for kind in video.side_data),
                "tags": video.tags,
            },
            "tracks": [
                {
                    "stream": track.index,
                    "type": "cover art" if track.cover_art else track.type,
                    "codec": track.codec,
                    "tags": track.tags,
                    "dispositions": [flag.name for flag in track.disposition],
                }
                for track in self.tracks
            ],
        }


def open_input(path: Path, options: dict[str, str] | None = None) -> InputContainer:
    """Open a local file for reading, with `options` of FFmpeg's. Raises InputError, worded by what is wrong with it."""
    try:
        there = path.exists()
    except OSError as error:  # the system will not even look: a name too long, a folder that may not be entered
        raise InputError(f"{path}: {error.strerror}", "check the name and the rights of its folder") from error
    if not there:
        raise InputError(f"{path}: no such file", "check the name; the shell's tab key completes it")
    if path.is_dir():
        raise InputError(f"{path} is a directory", "name a file, or give `upscale` a folder as its input")
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(f"{path} is empty (0 bytes)", "copy or download it again")
    try:
        allowed = {"protocol_whitelist": "file,crypto,data"}
        return av.open(f"file:{path}", "r", options=allowed | (options or {}), metadata_errors="replace")
    except av.error.PermissionError as error:
        raise InputError(f"{path} may not be read", "check the file's permissions") from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        hint = "play it in a player to see whether it is whole; if its end is cut off, an index may be missing"
        if path.suffix.lower() in (".yuv", ".rgb", ".raw"):
            hint = "raw video has no header that tells its size; wrap it first, for instance as .y4m"
        raise InputError(f"{path} cannot be read as video: {_reason(error)}", hint) from error


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).splitlines()[0]


def video_stream(container: InputContainer, number: int | None) -> VideoStream:
    """The `number`-th video stream counted from 0, cover art left out; the first by default.

    Raises InputError when there is no video, UsageError when there are fewer.
    """
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        raise InputError(f"{container.name.removeprefix('file:')} holds no video stream", "choose a file with video")
    if number is None:
        return streams[0]
    if not 0 <= number < len(streams):
        raise UsageError(
            f"--stream {number}: this file's video streams are 0 to {len(streams) - 1}",
            "`framelift probe` lists them",
        )
    return streams[number]


def probe(path: Path, stream: int | None = None) -> MediaFacts:
    """Read what `path` holds. Raises InputError for files without a decodable frame."""
    with open_input(path) as container:
        video = video_stream(container, stream)
        return MediaFacts(
            path=path,
            container=container.format.name,
            duration=None if container.duration is None else container.duration / 1_000_000,
            video=_video_facts(container, video),
            tracks=tuple(
                _track_facts(s)
                for s in container.streams
                if s.index != video.index and not is_chapter_text(s, container)
            ),
            chapters=len(container.chapters()),
            chapter_gaps=_have_gaps(container),
            tags=file_tags(container.metadata),
        )


def is_chapter_text(stream: Stream, container: InputContainer) -> bool:
    """Whether a stream is the text track behind an MP4 file's chapters, which are read as chapters."""
    return stream.type == "data" and stream.discard == Discard.all and bool(container.chapters())


def _have_gaps(container: InputContainer) -> bool:
    end = Fraction(0)
    for chapter in container.chapters():
        base = chapter["time_base"] or Fraction(1, 1000)
        if abs(chapter["start"] * base - end) > Fraction(1, 1000):
            return True
        end = chapter["end"] * base
    return False


def _track_facts(stream: Stream) -> TrackFacts:
    return TrackFacts(
        index=stream.index,
        type=stream.type,
        codec=codec_name(stream),
        tags=track_tags(stream.metadata),
        disposition=stream.disposition,
        timecode="timecode" in stream.metadata,
        copyable=stream.type not in ("video", "audio", "subtitle") or _has_decoder(stream),
    )


def codec_name(stream: Stream) -> str | None:
    """FFmpeg's name of the stream's codec, None where it knows none."""
    if _has_decoder(stream):
        return stream.codec_context.codec.canonical_name
    return getattr(stream, "name", None)


def _has_decoder(stream: Stream) -> bool:
    context: CodecContext | None = stream.codec_context  # whatever PyAV's stub says
    return context is not None


def decoder_for(stream: VideoStream) -> VideoCodecContext:
    """The decoder that keeps all of the stream.

    FFmpeg's own VP8 and VP9 decoders drop alpha, libvpx does not. One thread: with frame threads, an error in the
    last packets costs the frames still to be reordered, and decoding, in a thread of its own, is never what limits.
    """
    own = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
    context = stream.codec_context
    tags = {key.lower(): value for key, value in stream.metadata.items()}  # some files shout ALPHA_MODE
    if tags.get("alpha_mode") == "1" and context.name in own:
        alpha = av.CodecContext.create(own[context.name], "r")
        assert isinstance(alpha, VideoCodecContext)
        alpha.extradata, context = context.extradata, alpha
    context.thread_count = 1
    return context


def _video_facts(container: InputContainer, stream: VideoStream) -> VideoFacts:
    if not _has_decoder(stream):
        raise InputError(
            f"{container.name.removeprefix('file:')}: there is no decoder for its video",
            "convert it with a tool that has one",
        )
    with complaints.heard(av.logging.ERROR) as lines:
        seen = _seen_of(container, stream)
    if seen is None:
        why = f": {lines[0][2].strip()}" if lines else ""
        raise InputError(
            f"{container.name.removeprefix('file:')}: no frame of its {stream.codec_context.name} video can be "
            f"decoded{why}",
            "the file is damaged before its first picture, or encrypted; play it in a player to see",
        )
    first, pts = seen.first, [pts for pts in seen.pts if pts is not None]
    siting, aspect = _shown(first, stream)
    matrix = seen.side_data.get(SideDataType.DISPLAYMATRIX)
    return VideoFacts(
        index=stream.index,
        codec=codec_name(stream) or stream.codec_context.name,  # the format's name: av1, not libdav1d
        width=first.width,
        height=first.height,
        pix_fmt=first.format.name,
        time_base=stream.time_base or Fraction(1, 90_000),
        rate=stream.guessed_rate or stream.average_rate or Fraction(25),
        frames=stream.frames or None,
        duration=_declared_duration(stream),
        sample_aspect_ratio=stream.sample_aspect_ratio or aspect or Fraction(1),
        colour=ColourTags(first.colorspace, first.color_range, first.color_primaries, first.color_trc, siting),
        interlaced=seen.interlaced,
        alpha=any(component.is_alpha for component in first.format.components),
        has_pts=None not in seen.pts,
        pts_in_order=all(a < b for a, b in pairwise(pts)),
        display_matrix=None if matrix is None else _matrix_of(matrix),
        tags=track_tags(stream.metadata),
        disposition=stream.disposition,
        side_data=seen.side_data,
    )


@dataclass
class _Seen:
    """What the first frames show."""

    first: av.VideoFrame
    pts: list[int | None] = field(default_factory=list)
    interlaced: bool = False
    side_data: dict[SideDataType, bytes] = field(default_factory=dict)


def _seen_of(container: InputContainer, stream: VideoStream) -> _Seen | None:
    """Looks at the frames one by one, for each can be large; None when there is none."""
    seen = None
    for frame in _first_frames(container, stream):
        seen = seen or _Seen(frame)
        seen.pts.append(frame.pts)
        seen.interlaced |= frame.interlaced_frame
        for entry in cast(Iterable[SideData], frame.side_data):
            seen.side_data.setdefault(entry.type, bytes(entry))
    return seen


def _first_frames(container: InputContainer, stream: VideoStream) -> Iterator[av.VideoFrame]:
    decoder, left = decoder_for(stream), PEEKED_FRAMES
    for packet in container.demux(stream):
        try:
            frames = decoder.decode(packet if packet.size else None)
        except av.error.FFmpegError:
            continue  # counted and reported by the run itself
        for frame in frames:
            yield frame
            left -= 1
            if not left:
                return


def _shown(frame: av.VideoFrame, stream: VideoStream) -> tuple[Siting, Fraction | None]:
    """Chroma siting and sample aspect ratio of a frame, which PyAV shows only through the showinfo filter's words."""
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=stream.time_base or Fraction(1, 90_000),
    )
    info, sink = graph.add("showinfo"), graph.add("buffersink")
    source.link_to(info)
    info.link_to(sink)
    graph.configure()
    with complaints.heard(av.logging.INFO) as lines:
        graph.push(frame)
        graph.pull()
    match = re.search(r"cl:(\w+) sar:(\d+)/(\d+)", " ".join(text for _, _, text in lines))
    if match is None:
        return Siting.UNSPECIFIED, None
    top, bottom = int(match[2]), int(match[3])
    return Siting(match[1]), Fraction(top, bottom) if top and bottom else None


def _matrix_of(data: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(data[i : i + 4], "little", signed=True) for i in range(0, 36, 4))


def _declared_duration(stream: VideoStream) -> float | None:
    """Seconds from the stream's start to its end, as the file says, None where it does not.

    Matroska says the end, counted from 0: in a tag of each track, else (FFmpeg's doing) for the whole file. AVI
    says how many frames there are; what FFmpeg takes for the duration of a file that was cut off is less.
    """
    ticks = stream.time_base or Fraction(0)
    if stream.container.format.name == "avi" and stream.frames and stream.guessed_rate:
        return float(stream.frames / stream.guessed_rate)
    matroska = "matroska" in stream.container.format.name
    start = float((stream.start_time or 0) * ticks) if matroska else 0.0
    tag = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if tag:
        return 3600 * int(tag[1]) + 60 * int(tag[2]) + float(tag[3]) - start
    return None if stream.duration is None else float(stream.duration * ticks) - start
