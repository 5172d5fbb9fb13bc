"""The way of one live stream's frames: in -> upscale -> any number of encoders -> out, each in a thread of its own.

Every hand-over holds one frame, the newest (`slot.py`), so a slow stage loses frames and never piles them up. An error
costs the frame it happened to; it is counted, and its words are in the statistics.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

import av

from ..errors import FrameliftError
from ..frame import DecodedFrame, Ledger, UpscaledFrame
from .deadline import Deadline
from .encoded import EncodedFrame
from .enlarger import LARGEST, Enlarger
from .incoming import decoded_frame
from .settings import LiveSettings
from .stage import Stage
from .statistics import STAGES, LiveStatistics, PathStats
from .trace import Trace

Encode = Callable[[UpscaledFrame], EncodedFrame | None]
Deliver = Callable[[EncodedFrame], None]


@dataclass(frozen=True)
class Arrived:
    """A frame before the upscaler."""

    frame: DecodedFrame
    at: float  # when it was put


@dataclass(frozen=True)
class Made:
    """A frame before an encoder, with the rung that made it."""

    frame: UpscaledFrame
    rung: int
    at: float  # when it was ready


class Output:
    """One encoder's place at a path: frames are encoded and delivered in its own thread."""

    def __init__(self, name: str, encode: Encode, deliver: Deliver, path: LivePath) -> None:
        self.name = name
        self._encode, self._deliver, self._path = encode, deliver, path
        self._stage: Stage[Made] = Stage(f"encode-{name}", self._work, lambda error: path.note_failure("encode", error))

    @property
    def dropped(self) -> int:
        """Frames that were replaced before they were encoded."""
        return self._stage.dropped

    def put(self, made: Made) -> None:
        """Hand a frame over."""
        self._stage.put(made)

    def close(self) -> None:
        """End the thread, after the frame it is at."""
        self._stage.close()

    def _work(self, made: Made) -> None:
        ledger = Ledger(dict(made.frame.ledger.spans))  # other outputs encode the same frame
        with ledger.stage("encode"):
            encoded = self._encode(replace(made.frame, ledger=ledger))
        if encoded is not None:
            self._path.note_encoded(self.name, made, ledger)
            self._deliver(encoded)


class LivePath:
    """One stream's. Everything may be called from any thread, and nothing but `close` and `remove_output` waits."""

    def __init__(
        self,
        settings: LiveSettings,
        *,
        largest: tuple[int, int] = LARGEST,
        trace: Trace | None = None,
        name: str = "video",
    ) -> None:
        """`largest` is the largest output (width, height), either way up; `name` is the stream's in the trace.

        Raises UsageError or ModelError for settings that cannot be.
        """
        self._enlarger = Enlarger(settings, largest=largest)
        self._name, self._trace = name, trace
        self._statistics = LiveStatistics()
        self._numbers = count()
        self._outputs: tuple[Output, ...] = ()
        self._dropped_before = 0  # by outputs that are gone
        self._lock = threading.Lock()  # guards the deadline and the outputs
        self._deadline = Deadline(_seconds(settings), time.perf_counter())
        self._judged = -1  # the newest frame that the deadline knows of
        self._closed = False
        self._seen: tuple[int, int] | None = None  # the size of the last picture
        self._stage: Stage[Arrived] = Stage("upscale", self._upscale, lambda error: self.note_failure("upscale", error))

    def put(self, picture: av.VideoFrame, ledger: Ledger) -> None:
        """The next picture; from here on nobody may write into its planes. Never waits, never raises.

        Span "arrive" of the ledger (first packet in, last packet in) is now where the caller has set none.
        """
        now = time.perf_counter()
        ledger.spans.setdefault("arrive", (now, now))
        frame = decoded_frame(picture, next(self._numbers), ledger)
        self._seen = picture.width, picture.height
        replaced = self._stage.put(Arrived(frame, now))
        self._statistics.came(now)
        with self._lock:
            self._deadline.interval.add(float(frame.pts * frame.time_base))
            if replaced is not None:
                self._deadline.dropped(now - replaced.at, now)

    def add_output(self, encode: Encode, deliver: Deliver, name: str) -> Output:
        """Encode every frame from now on, as far as `encode` keeps up, and hand it to `deliver`, in one new thread.

        `encode` shares the frame's planes with the other outputs and must not write into them. Of a path that was
        closed there come none.
        """
        output = Output(name, encode, deliver, self)
        with self._lock:
            if not self._closed:
                self._outputs = (*self._outputs, output)
                return output
        output.close()
        return output

    def remove_output(self, output: Output) -> None:
        """End it: waits for the frame it is at, unless it is called from there. Twice is allowed."""
        with self._lock:
            if output not in self._outputs:
                return
            self._outputs = tuple(other for other in self._outputs if other is not output)
            self._dropped_before += output.dropped
        output.close()
        self._statistics.forget(output.name)

    def change(self, settings: LiveSettings) -> None:
        """Other settings from the next frame on. Raises UsageError or ModelError; then nothing has changed."""
        self._enlarger.change(settings)
        with self._lock:
            self._deadline.wanted = _seconds(settings)

    def note_sent(self, ledger: Ledger) -> None:
        """A frame's last packet is out: its ledger has "send". Once for each viewer that was sent it."""
        self._statistics.sent(ledger, time.perf_counter())
        if self._trace is not None:
            self._trace.add(self._name, ledger, STAGES[-1:])

    def note_encoded(self, output: str, made: Made, ledger: Ledger) -> None:
        """A frame was encoded: its ledger has all but "send"."""
        self._statistics.left(output, ledger, time.perf_counter())
        began, ended = ledger.spans["encode"]
        with self._lock:
            if made.frame.index > self._judged:  # by the output that has it first: a slow one blames no model
                self._judged = made.frame.index
                self._deadline.stayed(made.rung, made.at - ledger.spans["arrive"][1], made.at, ended - began)
        if self._trace is not None:
            self._trace.add(self._name, ledger, STAGES[:-1])

    def note_failure(self, stage: str, error: Exception) -> None:
        """A frame was lost by an error."""
        words = error.message if isinstance(error, FrameliftError) else f"{type(error).__name__}: {error}"
        self._statistics.failed(stage, words, time.perf_counter())

    def stats(self) -> PathStats:
        """As it is now."""
        now, state = time.perf_counter(), self._enlarger.state()
        fps_in, fps_out = self._statistics.fps(now)
        added, stages = self._statistics.times(now)
        with self._lock:
            budget, interval = self._deadline.budget, self._deadline.interval.seconds
            encode_drops = self._dropped_before + sum(output.dropped for output in self._outputs)
            words = [self._statistics.failure(now), state.note, self._words_of_the_deadline()]
        words += _words_of_encoders(self._statistics.encode_times(now), min(budget, interval))
        if state.opening:
            words.append(f"{', '.join(state.opening)} being opened")
        if self._trace is not None:
            words.append(self._trace.note)
        return PathStats(
            input=self._seen,
            output=state.output,
            model=state.model,
            rung=state.rung,
            backend=state.backend,
            reason=state.reason,
            budget_ms=round(1000 * budget, 3),
            interval_ms=round(1000 * interval, 3),
            fps_in=fps_in,
            fps_out=fps_out,
            dropped={"upscale": self._stage.dropped, "encode": encode_drops},
            failed=self._statistics.failures(),
            added_ms=added,
            stages_ms=stages,
            rungs=state.frames,
            note="; ".join(word for word in words if word) or None,
        )

    def close(self) -> None:
        """End every thread: waits for the frames and the opening of a model that are in work. Twice is allowed."""
        with self._lock:
            self._closed = True
        self._stage.close()
        for output in self._outputs:
            self.remove_output(output)
        self._enlarger.close()

    def _upscale(self, arrived: Arrived) -> None:
        if not self._outputs:
            return  # nobody would see it
        names, kind = self._enlarger.names, self._enlarger.kind
        with self._lock:
            best = self._deadline.take(time.perf_counter())
        with arrived.frame.ledger.stage("upscale"):
            larger = self._enlarger.enlarge(arrived.frame, best)
        now = time.perf_counter()
        made = Made(larger, self._enlarger.rung, now)
        with self._lock:
            if self._enlarger.names != names:
                self._deadline.restart(now, len(self._enlarger.names))
            elif self._enlarger.kind != kind:
                self._deadline.restart(now)
            for output in self._outputs:
                output.put(made)

    def _words_of_the_deadline(self) -> str | None:
        names, rung = self._enlarger.names, self._deadline.rung
        if not 0 < rung < len(names):
            return None
        return f"too little time for {names[0]}: frames would stay longer than they may"


def _words_of_encoders(times: dict[str, float], most: float) -> list[str]:
    """Of those that take longer than `most` for a frame, in seconds."""
    return [
        f"encoding {name} takes {1000 * took:.0f} ms a frame, and there are {1000 * most:.0f} ms"
        for name, took in times.items()
        if took > most
    ]


def _seconds(settings: LiveSettings) -> float | None:
    return None if settings.budget is None else settings.budget / 1000
