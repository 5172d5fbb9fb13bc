"""The yardstick: the engine's own decoder and encoder with FFmpeg's bicubic (swscale) instead of a network.

What it reaches is what decoding and encoding leave; what a network costs is the distance to it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from ...engine.channel import Channel, Crew
from ...engine.decode import Decoder
from ...engine.frame import DecodedFrame, UpscaledFrame
from ...engine.media import open_input
from ...engine.mux import OutputFile
from ...engine.pipeline import DEPTH, PACKETS, Copied, Encoded, Watch, encode, pump, read, write
from ...engine.plan import Plan
from ...engine.timing import StageTimes, Timing


@dataclass(frozen=True)
class PlainReport:
    """What the run did; the fields are those of the engine's `RunReport`."""

    frames: int
    stages: dict[str, StageTimes]
    backend: str = "swscale"
    backend_reason: str = "FFmpeg's bicubic, for comparison"
    kept_share: float | None = None


def run_plain(plan: Plan, watch: Watch) -> PlainReport:
    """Carry out `plan`, for the video alone, with bicubic in place of the model."""

    def resize(frame: DecodedFrame) -> UpscaledFrame:
        g = plan.geometry
        with frame.ledger.stage("upscale"):
            picture = frame.picture.reformat(
                g.output_width, g.output_height, plan.choice.layout.name, interpolation="BICUBIC"
            )
        return UpscaledFrame(
            picture, frame.index, frame.pts, frame.duration, frame.time_base, frame.colour, g.sample_aspect_ratio,
            frame.ledger,
        )  # fmt: skip

    with open_input(plan.input) as source, OutputFile(plan, source) as output, Crew() as crew:
        decoder = Decoder(source, plan.facts.video, set(), plan.options.deinterlace)
        timing, began = Timing(waits=crew.waits), time.perf_counter()
        decoded: Channel[DecodedFrame] = crew.channel(DEPTH)
        resized: Channel[UpscaledFrame] = crew.channel(DEPTH)
        packets: Channel[Encoded | Copied] = crew.channel(PACKETS, producers=2)
        crew.start("decode", lambda: read(decoder, decoded, packets), decoded, packets)
        crew.start("upscale", lambda: pump(decoded, resize, resized), resized)
        crew.start("encode", lambda: encode(resized, output.encoder, packets, timing), packets)
        crew.start("write", lambda: write(packets, output))
        crew.wait(0.1, lambda: watch(timing, time.perf_counter() - began))
        output.finish()
        seconds = time.perf_counter() - began
    stages = {name: times for name, times in timing.stages(seconds).items() if times.mean}
    return PlainReport(timing.frames, stages)
