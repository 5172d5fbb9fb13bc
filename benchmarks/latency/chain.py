"""A frame's whole way, alone: read and decoded, enlarged in the engine's three steps, encoded to a packet.

One frame at a time, the next when the last one's packet is there: what a frame takes when no other is in its way. The
encoder is the live path's, which gives each frame's packet at once; the one for files keeps frames back, and what a
single one takes cannot be told. The wall clock is enough, since each step returns when its work is done:
`onnxruntime:cuda`, too, waits for the device. A backend that only queues work on a stream will have to bring the
stream's own times (CUDA events).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from itertools import pairwise
from types import TracebackType
from typing import Any, NamedTuple, Self

from av.container import InputContainer

from ...engine.decode import Decoder
from ...engine.errors import OutputError
from ...engine.frame import DecodedFrame, UpscaledFrame
from ...engine.live.encoders import open_encoder
from ...engine.media import open_input
from ...engine.pipeline import upscaler_for
from ...engine.plan import Plan


class Times(NamedTuple):
    """Milliseconds of one frame by stage; each stage begins where the one before ended."""

    decode: float  # with reading: the call that brought the frame out
    prepare: float
    upscale: float
    finish: float
    encode: float

    @property
    def frame(self) -> float:
        """End to end."""
        return sum(self)


def timed(*steps: Callable[[Any], Any]) -> Times:
    """Run five steps, each on what the one before gave, the first on None."""
    value, marks = None, [time.perf_counter()]
    for step in steps:
        value = step(value)
        marks.append(time.perf_counter())
    return Times(*(1000 * (after - before) for before, after in pairwise(marks)))


class Chain:
    """A plan's, over its input, of at least two frames, again and again. A context manager."""

    def __init__(self, plan: Plan) -> None:
        """Raises ModelError. The encoder gets as many threads as the network."""
        self._plan = plan
        self._upscaler = upscaler_for(plan)
        self._encoder = open_encoder("h264", threads=plan.options.threads, hardware=False)
        self._opened = ExitStack()
        self._decoded: Iterator[DecodedFrame] = iter(())

    @property
    def reason(self) -> str:
        """Why this backend, and on what."""
        return self._upscaler.backend.reason

    def frame(self) -> Times:
        """The next one. Raises FrameliftError when a stage fails.

        Where the clip begins again its first frame is passed through untimed: it refers to no other and nothing before
        it resembles it, which a stream has now and then, and a short clip too often.
        """
        try:
            return self._passed()
        except StopIteration:
            self._rewind()
            self._passed()
            return self._passed()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()
        self._encoder.close()
        self._upscaler.close()

    def _passed(self) -> Times:
        """Raises StopIteration at the clip's end."""
        upscaler = self._upscaler
        return timed(lambda _: next(self._decoded), upscaler.prepare, upscaler.infer, upscaler.finish, self._encode)

    def _encode(self, frame: UpscaledFrame) -> None:
        if self._encoder.encode(frame) is None:
            raise OutputError(f"{self._encoder.name} keeps frames back", "report this as a bug")

    def _rewind(self) -> None:
        self._opened.close()
        source = self._opened.enter_context(open_input(self._plan.input))
        self._decoded = self._opened.enter_context(closing(frames_of(self._plan, source)))


def frames_of(plan: Plan, source: InputContainer) -> Generator[DecodedFrame, None, None]:
    """The decoded ones, in order."""
    decoder = Decoder(source, plan.facts.video, set(), plan.options.deinterlace)
    return (item for item in decoder if isinstance(item, DecodedFrame))
