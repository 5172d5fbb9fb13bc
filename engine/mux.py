"""The output file: the encoder's packets, all other tracks, chapters and tags; whole, or not there at all."""

from __future__ import annotations

import errno
import itertools
import math
import os
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import av.error
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import AttachmentStream, Disposition, Stream
from av.subtitles.stream import SubtitleStream

from .containers import Container
from .encode import EncodeSettings, VideoEncoder
from .encoders import EncoderChoice
from .errors import OutputError
from .geometry import Geometry
from .media import MediaFacts, open_input
from .orientation import turn_of
from .subtitles import SubtitleConverter
from .tags import file_tags, kept, track_tags
from .tracks import TrackPlan

_serial = itertools.count()
_COVER_NAMES = {"mjpeg": ("cover.jpg", "image/jpeg"), "png": ("cover.png", "image/png")}
_ITUNES_TAGS = frozenset({
    "title", "artist", "album_artist", "composer", "album", "date", "comment", "genre", "copyright", "grouping",
    "lyrics", "description", "synopsis", "show", "episode_id", "network", "keywords", "track", "disc",
    "creation_time", "location",
})  # fmt: skip


class OutputFile:
    """Writes beside `path` and renames when whole; leaving it on an error removes what was written.

    All streams exist and the header is written before the first frame, so that what a container refuses is
    refused before any work.
    """

    def __init__(
        self,
        path: Path,
        container: Container,
        source: InputContainer,
        facts: MediaFacts,
        plans: list[TrackPlan],
        choice: EncoderChoice,
        settings: EncodeSettings,
        geometry: Geometry,
        *,
        turned: bool = False,
    ) -> None:
        self._path = path
        self._container = container
        self._partial = _new_partial(path)
        self._writers: dict[int, Callable[[Packet], Packet | None]] = {}
        self._last_dts: dict[int, int] = {}
        self._turned = turned
        self.timestamp_jumps = 0
        self.frames_written = 0
        try:
            self._file = av.open(
                f"file:{self._partial}",
                "w",
                format=container.muxer,
                container_options=_muxer_options(container, source, facts),
            )
            self.encoder = self._add_streams(source, facts, plans, choice, settings, geometry)
            self._file.metadata.update(kept(file_tags(source.metadata), container.tags))
            if container.chapters:
                self._file.set_chapters(source.chapters())
            self.encoder.open()
            with self._explained():
                self._file.start_encoding()
                self._write_covers(facts, plans)
        except BaseException:
            self._partial.unlink(missing_ok=True)
            raise

    def write_encoded(self, packets: list[Packet]) -> None:
        """Write packets of the encoder. Raises OutputError, for a full disk for instance."""
        with self._explained():
            self._file.mux(packets)
        self.frames_written += len(packets)

    def write_copied(self, packet: Packet) -> None:
        """Write a packet of the input that belongs to another track. Raises OutputError."""
        written = self._writers[packet.stream_index](packet)
        if written is not None:
            with self._explained():
                self._file.mux_one(written)

    def finish(self) -> None:
        """Write the end of the file and give it its name. Raises OutputError."""
        with self._explained():
            self._file.close()
            self._partial.replace(self._path)

    def __enter__(self) -> OutputFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(av.error.FFmpegError, OSError):  # what went wrong is told already
            self._file.close()
        self._partial.unlink(missing_ok=True)

    def _add_streams(
        self,
        source: InputContainer,
        facts: MediaFacts,
        plans: list[TrackPlan],
        choice: EncoderChoice,
        settings: EncodeSettings,
        geometry: Geometry,
    ) -> VideoEncoder:
        """One stream for each that is kept, in the input's order."""
        encoder = None
        by_index = {plan.track.index: plan for plan in plans}
        for stream in source.streams:
            if stream.index == facts.video.index:
                encoder = VideoEncoder(
                    self._file, choice, settings, facts.video, geometry, turned=self._turned
                )
                self._describe(encoder.stream, stream)
                self._turn(encoder, facts)
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
        elif plan.action == "copy":
            with self._explained(f"stream {stream.index} ({stream.type} {plan.track.codec})"):
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
            cover = _cover_of(Path(self._source_path(stream)), stream.index)
            self._file.add_attachment(
                stream.metadata.get("filename", name), stream.metadata.get("mimetype", kind), cover
            )

    @staticmethod
    def _source_path(stream: Stream) -> str:
        return str(stream.container.name).removeprefix("file:")

    def _describe(self, made: Stream, source: Stream) -> None:
        """Tags and dispositions from the source's stream."""
        made.metadata.clear()
        made.metadata.update(kept(track_tags(source.metadata), self._container.track_tags))
        made.disposition = source.disposition & (self._container.dispositions | Disposition.attached_pic)

    def _turn(self, encoder: VideoEncoder, facts: MediaFacts) -> None:
        """Keep the display matrix; where the container cannot, the engine has turned the frames."""
        if facts.video.display_matrix is not None and self._container.rotation:
            encoder.stream.set_display_matrix(facts.video.display_matrix)

    def _copied(self, packet: Packet, stream: Stream) -> Packet:
        """The packet for its new stream, moved on where the input's clock jumps back."""
        last = self._last_dts.get(stream.index)
        if packet.dts is not None:
            if last is not None and packet.dts < last:
                self.timestamp_jumps += 1
                step = last - packet.dts
                packet.dts += step
                packet.pts = None if packet.pts is None else packet.pts + step
            self._last_dts[stream.index] = packet.dts
        packet.stream = stream
        return packet

    def _write_covers(self, facts: MediaFacts, plans: list[TrackPlan]) -> None:
        covers = [plan.track.index for plan in plans if plan.action == "copy" and plan.track.cover_art]
        made = [s for s in self._file.streams if s.disposition & Disposition.attached_pic]
        for index, stream in zip(covers, made, strict=True):
            packet = Packet(_cover_of(facts.path, index))
            packet.pts = packet.dts = 0
            packet.time_base = stream.time_base or Fraction(1, 90_000)
            packet.is_keyframe = True
            packet.stream = stream
            self._file.mux_one(packet)

    def _explained(self, what: str | None = None) -> _Explained:
        return _Explained(self._path, what)


class _Explained:
    """Turns what FFmpeg and the system say while writing into an OutputError."""

    def __init__(self, path: Path, what: str | None) -> None:
        self._path, self._what = path, what

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, (av.error.FFmpegError, OSError, ValueError)):
            return
        reason = getattr(error, "strerror", None) or str(error)
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise OutputError(
                f"{self._path} cannot be written: {reason}", "free some space, or write elsewhere"
            ) from error
        what = f"{self._path} cannot hold {self._what}" if self._what else f"{self._path} cannot be written"
        raise OutputError(
            f"{what}: {reason}", "write .mkv, or leave it out with --drop-unsupported"
        ) from error


def _new_partial(path: Path) -> Path:
    """An empty file beside `path` to write into. Raises OutputError where that is not possible."""
    partial = path.parent / f".framelift-{os.getpid()}-{next(_serial)}.partial"
    try:
        partial.open("xb").close()
    except OSError as error:
        raise OutputError(
            f"{path.parent or '.'} cannot be written to: {error.strerror}",
            "create the folder, or write elsewhere",
        ) from error
    return partial


def _muxer_options(container: Container, source: InputContainer, facts: MediaFacts) -> dict[str, str]:
    options = dict(container.options)
    if container.muxer in ("mp4", "mov"):
        # Start offsets are kept in the movie's time scale: one that every track's own fits into keeps them exact.
        scale = math.lcm(*(s.time_base.denominator for s in source.streams if s.time_base))
        options["movie_timescale"] = str(scale if scale < 2**31 else facts.video.time_base.denominator)
    if container.muxer == "mp4" and not file_tags(source.metadata).keys() <= _ITUNES_TAGS:
        options["movflags"] = "use_metadata_tags"
    return options


def _cover_of(path: Path, index: int) -> bytes:
    """The picture of an attached-picture stream."""
    with open_input(path) as container:
        return next(bytes(packet) for packet in container.demux(container.streams[index]) if packet.size)
