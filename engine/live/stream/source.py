"""One connection to a source."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import av
import av.error
import av.logging
from av.codec import CodecContext
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from ... import complaints
from ...errors import InputError
from ...media import AnyPacket, open_input
from .addresses import Source, without_secrets
from .bridge import source_bridge

UNTIMED = 16  # packets of a track to wait for one with a time
_FETCHED = ("hls", "dash")  # by segments, each as fast as it comes


class Connection:
    """An open source: its streams, its packets, and what its end means.

    `live`: there is more to come when it breaks off or falls silent. `again`: likewise when its packets just end, which
    over plain HTTP they do at the end of the file only. `paced`: it gives packets as fast as they are asked for.
    """

    def __init__(self, source: Source, timeout: float) -> None:
        """`timeout` is how many seconds may pass without data. Raises InputError; nothing stays open then."""
        with ExitStack() as opening:
            self._container = opening.enter_context(_opened(source, timeout, opening))
            self.video = _video_of(self._container, source)
            self.sound = next(filter(_decodable, self._container.streams.audio), None)
            self._closing = opening.pop_all()
        fetched = self._container.format.name in _FETCHED
        recorded = source.kind in ("http", "rtsp") and self._container.duration is not None
        self.live = source.kind != "file" and not recorded
        self.again = self.live and (fetched or source.kind != "http")
        self.paced = source.kind in ("file", "http")

    def packets(self, *, with_sound: bool) -> Iterator[AnyPacket]:
        """Until the source ends. Raises FFmpegError when it breaks off or gives no data for too long."""
        streams = [self.video, *([self.sound] if with_sound and self.sound is not None else [])]
        return _timed(packet for packet in self._container.demux(streams) if packet.size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()


def _timed(packets: Iterator[AnyPacket]) -> Iterator[AnyPacket]:
    """Those before a track's first with a time get theirs from it: FFmpeg leaves the first of an RTP track without."""
    waiting: dict[int, list[AnyPacket]] = {}
    done: set[int] = set()
    for packet in packets:
        track = packet.stream_index
        earlier = waiting.setdefault(track, [])
        at = packet.pts if packet.dts is None else packet.dts
        if track not in done and at is None and len(earlier) < UNTIMED:
            earlier.append(packet)
            continue
        done.add(track)
        for before in reversed(earlier):
            if at is not None:
                at -= before.duration or 0
                before.pts = before.dts = at
        yield from earlier
        earlier.clear()
        yield packet


def _video_of(container: InputContainer, source: Source) -> VideoStream:
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        raise InputError(f"{source.shown} holds no video", "choose a source with video")
    if not _decodable(streams[0]):
        raise InputError(f"{source.shown}: there is no decoder for its video", "choose another source")
    return streams[0]


def _decodable(stream: Stream) -> bool:
    context: CodecContext | None = stream.codec_context  # whatever PyAV's stub says
    return context is not None


def _opened(source: Source, timeout: float, opening: ExitStack) -> InputContainer:
    if source.kind == "file":
        return open_input(Path(source.url), source.options)
    url = source.url
    options = dict(source.options)
    if source.kind == "srt":
        url, more = opening.enter_context(source_bridge(source, timeout))
        options |= more
    with complaints.heard(av.logging.ERROR) as lines:
        try:
            return av.open(url, "r", format=source.format, options=options, timeout=timeout, metadata_errors="replace")
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise InputError(
                f"{source.shown} cannot be opened: {reason_of(error, lines, timeout)}", _hint(source)
            ) from error


def reason_of(error: Exception, lines: list[tuple[int, str, str]], timeout: float) -> str:
    """What went wrong with a connection, in a line."""
    if isinstance(error, av.error.ExitError):
        return f"no data for {timeout:g} s"
    words = (getattr(error, "strerror", None) or str(error)).splitlines()[0]
    said = next((text.strip() for level, _, text in lines if level <= av.logging.ERROR and text.strip()), None)
    return without_secrets(f"{words} ({said})" if said else words)


def _hint(source: Source) -> str:
    if source.kind == "device":
        return "check that it is there, that you may read it, and that nothing else has it open"
    return "check the address, and that the other side sends; --timeout waits longer"
