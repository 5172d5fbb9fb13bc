"""Text subtitles from one codec to another, event by event, by FFmpeg's own decoders and encoders."""

from __future__ import annotations

from fractions import Fraction

import av.error
from av.container import OutputContainer
from av.subtitles.stream import SubtitleStream

from .media import AnyPacket


class SubtitleConverter:
    """Decodes the packets of `source` and encodes them for a new stream of `container`."""

    def __init__(self, container: OutputContainer, source: SubtitleStream, codec: str) -> None:
        source.codec_context.open(strict=False)  # gives the header with the styles
        stream = container.add_stream(codec, time_base=source.time_base)
        assert isinstance(stream, SubtitleStream)
        stream.codec_context.time_base = source.time_base or Fraction(1, 1000)
        stream.codec_context.subtitle_header = source.codec_context.subtitle_header
        self._source = source
        self._shown_until = 0
        self.overlaps = 0  # texts that begin while another is shown, in a codec that shows one at a time
        self.stream = stream

    def convert(self, packet: AnyPacket) -> AnyPacket | None:
        """The packet's text in the new codec, at its time; None for one without text."""
        subtitle = self._source.decode2(packet)
        if subtitle is None or not len(subtitle):
            return None
        try:
            converted = self.stream.codec_context.encode_subtitle(subtitle)
        except av.error.InvalidDataError:  # an event of nothing but markup
            return None
        if packet.pts is not None and self.stream.codec_context.name == "mov_text":
            self.overlaps += packet.pts < self._shown_until
            self._shown_until = max(self._shown_until, packet.pts + (packet.duration or 0))
        converted.pts = converted.dts = packet.pts
        converted.duration = packet.duration
        converted.time_base = packet.time_base
        converted.stream = self.stream
        return converted
