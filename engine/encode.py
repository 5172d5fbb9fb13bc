"""Upscaled frames to packets: one encoder, set up from the input's facts so that every tag is carried."""

from __future__ import annotations

import os

import av
import av.error
from av.container import OutputContainer
from av.video.stream import VideoStream

from .colour import Siting
from .encoders import encoder_options, lookahead_for
from .errors import OutputError
from .frame import UpscaledFrame
from .hdr import hdr_parameters
from .media import AnyPacket
from .plan import Plan

X265_DELAY = 2  # frames; x265 leaves the dts of shorter clips and of those as long unset


class VideoEncoder:
    """Adds the video stream to an output container and turns frames into its packets."""

    def __init__(self, container: OutputContainer, plan: Plan) -> None:
        facts, geometry, tags = plan.facts.video, plan.geometry, plan.output_colour
        self._choice = plan.choice
        self._frames = 0
        stream = container.add_stream(
            plan.choice.encoder.name, rate=facts.rate, options=_options(plan), time_base=facts.time_base
        )
        assert isinstance(stream, VideoStream)
        context = stream.codec_context
        turned = plan.turn is not None and plan.turn.swaps_axes
        size, aspect = (geometry.output_width, geometry.output_height), geometry.sample_aspect_ratio
        context.width, context.height = size[::-1] if turned else size
        context.sample_aspect_ratio = (1 / aspect if turned else aspect).limit_denominator(65_535)
        context.pix_fmt = plan.choice.pix_fmt
        context.thread_type = "FRAME"
        context.thread_count = 0
        context.colorspace, context.color_range = int(tags.matrix), int(tags.range)
        context.color_primaries, context.color_trc = tags.primaries, tags.transfer
        self.stream = stream
        self._durations: dict[int, int] = {}  # by pts, of frames the encoder still holds

    def open(self) -> None:
        """Open the encoder. Raises OutputError when this machine or build cannot."""
        context, name = self.stream.codec_context, self._choice.encoder.name
        if name == "libsvtav1":  # prints its settings unless the environment says errors only
            os.environ.setdefault("SVT_LOG", "1")
        try:
            context.open()
        except (av.error.FFmpegError, OSError) as error:
            raise OutputError(
                f"encoder {name} cannot be opened for {context.width}x{context.height} {context.pix_fmt}: "
                f"{error.strerror}",
                "choose another --codec, --preset or --pix-fmt"
                + (", this machine may lack the hardware" if name.endswith(("nvenc", "qsv")) else ""),
            ) from error

    def encode(self, frame: UpscaledFrame) -> list[AnyPacket]:
        """The packets that are ready after `frame`."""
        self._frames += 1
        picture = frame.picture
        if picture.format.name != self._choice.pix_fmt:
            picture = picture.reformat(format=self._choice.pix_fmt, threads=1)
        picture.pts, picture.time_base = frame.pts, frame.time_base
        self._durations[frame.pts] = frame.duration
        return self._timed(self.stream.encode(picture))

    def flush(self) -> list[AnyPacket]:
        """The last packets."""
        packets = self.stream.encode(None)
        if self._choice.encoder.name == "libx265" and self._frames <= X265_DELAY:
            for packet in packets:  # as few frames have no B-frames among them
                packet.dts = packet.pts
        return self._timed(packets)

    def _timed(self, packets: list[AnyPacket]) -> list[AnyPacket]:
        """With their frames' durations, which few encoders hand on: without it the last one's is lost."""
        for packet in packets:
            duration = 0 if packet.pts is None else self._durations.pop(packet.pts, 0)
            packet.duration = duration or packet.duration
        return packets


def _options(plan: Plan) -> dict[str, str]:
    choice, geometry, settings = plan.choice, plan.geometry, plan.options.encode
    encoder = choice.encoder
    options = encoder_options(encoder, settings.crf, settings.preset)
    own = hdr_parameters(plan.facts.video.side_data, encoder) if encoder.hdr else {}
    held = lookahead_for(encoder, geometry.output_width * geometry.output_height * choice.layout.bytes_per_pixel)
    if held < encoder.lookahead:
        where = own if encoder.hdr else options
        where |= {encoder.lookahead_key: str(held)} if encoder.lookahead_key else {}
    if encoder.name == "libx265":
        own["log-level"] = "error"
    if own and encoder.hdr:
        options[encoder.hdr] = ":".join(f"{key}={value}" for key, value in own.items())
    if choice.layout.subsampling != (1, 1) and plan.output_colour.siting is not Siting.UNSPECIFIED:
        options["chroma_sample_location"] = plan.output_colour.siting.value
    return options
