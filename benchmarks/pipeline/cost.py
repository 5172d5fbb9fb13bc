"""What each stage costs the processor, all its threads counted.

In a pipeline the stages' threads compete, and encoders work in threads of their own: the time a stage takes there
says little of its work. Here the stages run one after the other, each over all frames.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from itertools import islice
from typing import TypeVar

from ...engine.decode import Decoder
from ...engine.frame import DecodedFrame, UpscaledFrame
from ...engine.media import open_input
from ...engine.mux import OutputFile
from ...engine.pipeline import upscaler_for
from ...engine.plan import Plan

Result = TypeVar("Result")


def stage_costs(plan: Plan, frames: int) -> dict[str, float]:
    """CPU milliseconds a frame of each stage, from the first `frames` frames, which are held in memory."""
    costs: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], list[Result]]) -> list[Result]:
        began = time.process_time()
        made = work()
        costs[stage] = (time.process_time() - began) * 1000 / frames
        return made

    with (
        open_input(plan.input) as source,
        closing(upscaler_for(plan)) as upscaler,
        OutputFile(plan, source) as output,
    ):
        decoder = Decoder(source, plan.facts.video, set(), plan.options.deinterlace)
        items = (item for item in decoder if isinstance(item, DecodedFrame))
        decoded = timed("decode", lambda: list(islice(items, frames)))
        prepared = timed("prepare", lambda: [upscaler.prepare(frame) for frame in decoded])
        inferred = timed("upscale", lambda: [upscaler.infer(work) for work in prepared])
        finished: list[UpscaledFrame] = timed("finish", lambda: [upscaler.finish(work) for work in inferred])
        encoder = output.encoder
        timed("encode", lambda: [*(encoder.encode(frame) for frame in finished), encoder.flush()])
    return costs
