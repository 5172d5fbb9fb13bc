"""The output file: the encoder's packets, all other tracks, chapters and tags; whole, or not there at all."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import av.error
from av.container import InputContainer
from av.packet import Packet
from av.stream import AttachmentStream, Disposition, Stream
from av.subtitles.stream import SubtitleStream

from .containers import ITUNES_TAGS
from .encode import VideoEncoder
from .languages import spelled
from .media import AnyPacket, open_input
from .partial import explained, new_partial
from .plan import Plan
from .subtitles import SubtitleConverter
from .tags import file_tags, kept, track_tags
from .track_end import TrackEnd
from .tracks import TrackPlan, allowed_tags

_COVER_NAMES = {"mjpeg": ("cover.jpg", "image/jpeg"), "png": ("cover.png", "image/png")}


class OutputFile:
    """Writes beside `path` and renames when whole; leaving it on an error removes what was written.

    All streams exist and the header is written before the first frame, so that what a container refuses is
    refused before any work.
    """

    def __init__(self, plan: Plan, source: InputContainer) -> None:
        """`source` is the opened input, for its streams' parameters. Raises OutputError."""
        self._plan = plan
        self._partial = new_partial(plan.output)
        self._writers: dict[int, Callable[[AnyPacket], AnyPacket | None]] = {}
        self._last: dict[int, tuple[int, int]] = {}  # dts and duration of a copied track's last packet
        self._end = TrackEnd() if plan.container.muxer in ("mp4", "mov") else None
        self._converters: list[SubtitleConverter] = []
        self.timestamp_jumps = 0
        self.frames_written = 0
        container = plan.container
        try:
            self._file = av.open(
                f"file:{self._partial}", "w", format=container.muxer, container_options=_muxer_options(plan, source)
            )
            self.encoder = self._add_streams(source)
            self._file.metadata.update(kept(file_tags(source.metadata), allowed_tags(container, plan.tracks)))
            if container.chapters:
                self._file.set_chapters(source.chapters())
            self.encoder.open()
            with explained(self._plan.output):
                self._file.start_encoding()
                self._write_covers()
        except BaseException:
            self._partial.unlink(missing_ok=True)
            raise

    @property
    def text_overlaps(self) -> int:
        """Converted texts that begin while another is shown, where the container shows one at a time."""
        return sum(converter.overlaps for converter in self._converters)

    def write_encoded(self, packets: list[AnyPacket]) -> None:
        """Write packets of the encoder. Raises OutputError, for a full disk for instance."""
        with explained(self._plan.output):
            self._file.mux(self._end.hold(packets) if self._end else packets)
        self.frames_written += len(packets)

    def write_copied(self, packet: AnyPacket) -> None:
        """Write a packet of the input that belongs to another track. Raises OutputError."""
        written = self._writers[packet.stream_index](packet)
        if written is not None:
            with explained(self._plan.output):
                self._file.mux_one(written)

    def finish(self) -> None:
        """Write the end of the file and give it its name. Raises OutputError."""
        with explained(self._plan.output):
            self._file.mux(self._end.release() if self._end else [])
            self._file.close()
            self._partial.replace(self._plan.output)

    def __enter__(self) -> OutputFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(av.error.FFmpegError, OSError):  # what went wrong is told already
            self._file.close()
        self._partial.unlink(missing_ok=True)

    def _add_streams(self, source: InputContainer) -> VideoEncoder:
        """One stream for each that is kept, in the input's order."""
        encoder = None
        by_index = {plan.track.index: plan for plan in self._plan.tracks}
        for stream in source.streams:
            if stream.index == self._plan.facts.video.index:
                encoder = VideoEncoder(self._file, self._plan)
                self._describe(encoder.stream, stream)
                self._keep_display_matrix(encoder)
            elif stream.index in by_index:
                self._add_track(stream, by_index[stream.index])
        assert encoder is not None
        return encoder

    def _add_track(self, stream: Stream, plan: TrackPlan) -> None:
        if plan.action == "convert":
            assert isinstance(stream, SubtitleStream)
            assert plan.codec is not None
            converter = SubtitleConverter(self._file, stream, plan.codec)
            self._describe(converter.stream, stream)
            self._writers[stream.index] = converter.convert
            self._converters.append(converter)
        elif plan.action == "copy":
            with explained(self._plan.output, f"stream {stream.index} ({stream.type} {plan.track.codec})"):
                copy = self._file.add_stream_from_template(stream, opaque=True)
            self._describe(copy, stream)
            if not plan.track.cover_art:
                self._writers[stream.index] = lambda packet: self._copied(packet, copy)
        elif plan.action == "attach" and isinstance(stream, AttachmentStream):
            self._file.add_stream_from_template(stream)
        elif plan.action == "attach":
            name, kind = _COVER_NAMES.get(
                plan.track.codec or "", (f"cover.{plan.track.codec}", f"image/{plan.track.codec}")
            )
            cover = _cover_of(self._plan.input, stream.index)
            self._file.add_attachment(
                stream.metadata.get("filename", name), stream.metadata.get("mimetype", kind), cover
            )

    def _describe(self, made: Stream, source: Stream) -> None:
        """Tags and dispositions from the source's stream."""
        allowed = self._plan.container.video_tags if source.type == "video" else self._plan.container.track_tags
        made.metadata.clear()
        tags = kept(track_tags(source.metadata), allowed)
        language = spelled(tags.pop("language", ""), self._plan.container.languages)
        made.metadata.update(tags | ({"language": language} if language else {}))
        made.disposition = source.disposition & (self._plan.container.dispositions | Disposition.attached_pic)

    def _keep_display_matrix(self, encoder: VideoEncoder) -> None:
        """Where the container cannot keep it, the engine has turned the frames."""
        matrix = self._plan.facts.video.display_matrix
        if matrix is not None and self._plan.container.rotation:
            encoder.stream.set_display_matrix(matrix)

    def _copied(self, packet: AnyPacket, stream: Stream) -> AnyPacket:
        """The packet for its new stream; where the input's clock jumps back, it follows its predecessor.

        One of unknown duration gets its predecessor's: MP4 would leave out the last packet of such a track.
        """
        if packet.dts is not None:
            lasting = stream.type in ("audio", "video")  # texts overlap
            last, duration = self._last.get(stream.index, (packet.dts, 0))
            if packet.dts < last:
                self.timestamp_jumps += 1
                step = last + duration - packet.dts
                packet.dts += step
                packet.pts = None if packet.pts is None else packet.pts + step
            if lasting and not packet.duration:
                packet.duration = packet.dts - last
            self._last[stream.index] = packet.dts, (packet.duration or 0) if lasting else 0
        packet.stream = stream
        return packet

    def _write_covers(self) -> None:
        tracks = self._plan.tracks
        covers = [plan.track.index for plan in tracks if plan.action == "copy" and plan.track.cover_art]
        made = [s for s in self._file.streams if s.disposition & Disposition.attached_pic]
        for index, stream in zip(covers, made, strict=True):
            packet = Packet(_cover_of(self._plan.input, index))
            packet.pts = packet.dts = 0
            packet.time_base = stream.time_base or Fraction(1, 90_000)
            packet.is_keyframe = True
            packet.stream = stream
            self._file.mux_one(packet)


def _muxer_options(plan: Plan, source: InputContainer) -> dict[str, str]:
    container = plan.container
    options = dict(container.options)
    if container.muxer in ("mp4", "mov"):
        # Start offsets are kept in the movie's time scale: one that every track's own fits into keeps them exact.
        scale = math.lcm(*(s.time_base.denominator for s in source.streams if s.time_base))
        options["movie_timescale"] = str(scale if scale < 2**31 else plan.facts.video.time_base.denominator)
    cover = any(track.track.cover_art and track.action == "copy" for track in plan.tracks)
    if container.muxer == "mp4" and not cover and not {key.lower() for key in plan.facts.tags} <= ITUNES_TAGS:
        options["movflags"] = "use_metadata_tags"
    return options


def _cover_of(path: Path, index: int) -> bytes:
    """The picture of an attached-picture stream."""
    with open_input(path) as container:
        return next(bytes(packet) for packet in container.demux(container.streams[index]) if packet.size)
