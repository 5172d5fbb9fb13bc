"""The whole of a run on one screen: decode -> prepare -> upscale -> finish -> encode -> write.

Each stage works in a thread of its own, the network in several where the backend likes that, and hands over through
a bounded channel, so memory does not grow with the clip: at most `DEPTH` frames wait before each stage. Packets of
other tracks go straight from the reader to the writer. The first error of any stage ends all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

from .channel import Channel, Crew
from .decode import Decoder
from .encode import VideoEncoder
from .errors import OutputError
from .frame import DecodedFrame, Ledger, UpscaledFrame
from .media import AnyPacket, open_input
from .mux import OutputFile
from .plan import Plan
from .report import RunReport, report_of
from .timing import Timing
from .upscaler import Upscaler, Work

DEPTH = 2  # frames that wait before a stage
PACKETS = 64  # packets that wait before the writer

In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(frozen=True)
class Encoded:
    """Packets the encoder gave."""

    packets: list[AnyPacket]


@dataclass(frozen=True)
class Copied:
    """A packet of another track."""

    packet: AnyPacket


Watch = Callable[[Timing, float], None]
"""Called at the beginning, about ten times a second and at the end: what is done, and the seconds since the start."""


def run(plan: Plan, watch: Watch | None = None) -> RunReport:
    """Carry out a plan. Raises FrameliftError; then, and on Ctrl-C, nothing is left under the output's name."""
    options, video = plan.options, plan.facts.video
    with (
        open_input(plan.input) as source,
        closing(upscaler_for(plan)) as upscaler,
        OutputFile(plan, source) as output,
        Crew() as crew,
    ):  # fmt: skip
        copied = {p.track.index for p in plan.tracks if p.action in ("copy", "convert") and not p.track.cover_art}
        decoder = Decoder(source, video, copied, options.deinterlace)
        lanes = upscaler.backend.frames_at_once
        timing, began = Timing({"upscale": lanes}, crew.waits), time.perf_counter()
        decoded: Channel[DecodedFrame] = crew.channel(DEPTH)
        prepared: Channel[Work] = crew.channel(DEPTH)
        inferred: Channel[Work] = crew.channel(DEPTH, producers=lanes)
        finished: Channel[UpscaledFrame] = crew.channel(DEPTH)
        packets: Channel[Encoded | Copied] = crew.channel(PACKETS, producers=2)
        crew.start("decode", lambda: read(decoder, decoded, packets), decoded, packets)
        crew.start("prepare", lambda: pump(decoded, upscaler.prepare, prepared), prepared)
        for _ in range(lanes):
            crew.start("upscale", lambda: pump(prepared, upscaler.infer, inferred), inferred)
        crew.start("finish", lambda: pump(inferred, upscaler.finish, finished), finished)
        crew.start("encode", lambda: encode(finished, output.encoder, packets, timing), packets)
        crew.start("write", lambda: write(packets, output))
        crew.wait(0.1, lambda: watch and watch(timing, time.perf_counter() - began))
        if output.frames_written != timing.frames:
            raise OutputError(
                f"{plan.output}: the encoder gave {output.frames_written} of {timing.frames} frames",
                "choose another --codec, and report this as a bug",
            )
        output.finish()
        return report_of(plan, decoder, upscaler, output, timing, time.perf_counter() - began)


def upscaler_for(plan: Plan) -> Upscaler:
    """The upscaler a plan asks for; the caller closes it. Raises ModelError."""
    options = plan.options
    return Upscaler(
        plan.model,
        plan.layout,
        plan.colour,
        plan.geometry,
        out_layout=plan.choice.layout,
        out_tags=plan.output_colour,
        turn=plan.turn,
        compute=options.compute,
        tile=options.tile,
    )


def read(decoder: Decoder, frames: Channel[DecodedFrame], packets: Channel[Encoded | Copied]) -> None:
    """Frames to the first stage, packets of other tracks to the writer."""
    for item in decoder:
        if isinstance(item, DecodedFrame):
            frames.put(item)
        else:
            packets.put(Copied(item))


def pump(source: Channel[In], stage: Callable[[In], Out], target: Channel[Out]) -> None:
    """Run items through a stage; several threads may do so side by side, and the order stays."""
    for number, item in source.numbered():
        target.put(stage(item), number)


def encode(
    frames: Channel[UpscaledFrame], encoder: VideoEncoder, packets: Channel[Encoded | Copied], timing: Timing
) -> None:
    """Frames to packets; a frame's ledger is complete here."""
    for frame in frames:
        with frame.ledger.stage("encode"):
            made = encoder.encode(frame)
        packets.put(Encoded(made))
        timing.add(frame.ledger)
    flush = Ledger()
    with flush.stage("encode"):
        last = encoder.flush()
    packets.put(Encoded(last))
    timing.add_time("encode", flush.milliseconds("encode"))


def write(packets: Channel[Encoded | Copied], output: OutputFile) -> None:
    """All packets to the file; the muxer interleaves them by time."""
    for item in packets:
        if isinstance(item, Encoded):
            output.write_encoded(item.packets)
        else:
            output.write_copied(item.packet)
