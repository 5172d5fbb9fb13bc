"""A trace file: where each frame's time went, for chrome://tracing and Perfetto.

The JSON array format of Google's "Trace Event Format": complete events ("X"), microseconds of `time.perf_counter`. Each
stage has rows of its own. The array may be left unterminated, so a file that ends early can be read as well.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import OutputError
from ..frame import Ledger

MOST_BYTES = 256 << 20  # about two million events
BLOCK = 32 << 10  # bytes that are written at once
FLUSH_AFTER = 1.0  # seconds
MOST_COMING = 8192  # entries that wait to be written: seconds of many streams, some MB
ROWS = 8  # of a stage, for frames that are in it at the same time; the last one takes what is left


@dataclass(frozen=True)
class Spans:
    """Of a frame of the stream `name`."""

    name: str
    frame: int
    stages: dict[str, tuple[float, float]]


class Trace:
    """Takes from any thread, and never waits: a thread of its own writes. `note` says what the file lacks."""

    def __init__(self, path: Path) -> None:
        """Replaces the file. Raises OutputError where it cannot be written."""
        try:
            self._file = path.open("wb", buffering=0)
        except OSError as error:
            raise OutputError(f"trace {path} cannot be written: {error.strerror}", "choose another place") from error
        self._path = path
        self._changed = threading.Condition()  # guards the next three
        self._coming: list[Spans] = []
        self._lost = 0  # frames, as there was no room for them
        self._closing = False
        self._end: str | None = None  # why it ends early; this and the rest are written by the thread only
        self._waiting: list[str] = []
        self._size, self._bytes = 0, 0
        self._rows: dict[str, list[float]] = {}  # row's name without its number: when each of its rows is free again
        self._first = True
        self._thread = threading.Thread(target=self._run, name="framelift-trace", daemon=True)
        self._thread.start()

    @property
    def note(self) -> str | None:
        """None where the file has everything so far."""
        if self._end is not None:
            return f"the trace {self._path} ends early: {self._end}"
        return f"the trace {self._path} lacks {self._lost} entries: they came too fast" if self._lost else None

    def add(self, name: str, ledger: Ledger, stages: Iterable[str]) -> None:
        """A frame of the stream `name`: those of `stages` it has been through."""
        frame = round(1e6 * ledger.spans["arrive"][1])  # the same in every event of it
        spans = Spans(name, frame, {stage: ledger.spans[stage] for stage in stages if stage in ledger.spans})
        with self._changed:
            if self._closing or self._end is not None:
                return
            if len(self._coming) == MOST_COMING:
                self._lost += 1
                return
            self._coming.append(spans)
            if len(self._coming) == MOST_COMING // 2:  # not each: waking a thread costs more than an entry
                self._changed.notify()

    def close(self) -> None:
        """Write what waits and end the array; closing twice is allowed."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        closing = False
        with self._file:
            while not closing and self._end is None:
                with self._changed:
                    self._changed.wait_for(lambda: self._closing or len(self._coming) >= MOST_COMING // 2, FLUSH_AFTER)
                    coming, self._coming, closing = self._coming, [], self._closing
                for spans in coming:
                    self._write(spans)
                if closing:
                    self._waiting.append("[]\n" if self._first else "\n]\n")
                self._flush()

    def _write(self, spans: Spans) -> None:
        for stage, (began, ended) in spans.stages.items():
            times = {"ts": round(1e6 * began, 1), "dur": round(1e6 * (ended - began), 1)}
            row, frame = self._row(f"{spans.name} {stage}", began, ended), {"frame": spans.frame}
            self._put({"name": stage, "cat": spans.name, "ph": "X", **times, "tid": row, "args": frame})
        if self._size >= BLOCK:
            self._flush()

    def _row(self, name: str, began: float, ended: float) -> int:
        """The number of a row of that name that is free at `began`; a new one is given its name in the file."""
        rows = self._rows.setdefault(name, [])
        free = next((i for i, until in enumerate(rows) if until <= began), len(rows))
        place = list(self._rows).index(name) * ROWS + min(free, ROWS - 1) + 1
        if free == len(rows) < ROWS:
            rows.append(ended)
            self._put({"name": "thread_name", "ph": "M", "tid": place, "args": {"name": name}})
        rows[min(free, ROWS - 1)] = ended
        return place

    def _put(self, event: dict[str, Any]) -> None:
        text = ("[\n" if self._first else ",\n") + json.dumps(event | {"pid": os.getpid()})
        self._first = False
        self._waiting.append(text)
        self._size += len(text)

    def _flush(self) -> None:
        """Whole events only, so that the file can be read wherever it ends."""
        data, self._waiting, self._size = "".join(self._waiting).encode(), [], 0
        if self._end is not None or not data:
            return
        try:
            written = self._file.write(data)
        except OSError as error:
            self._end = f"{error.strerror}"
            return
        self._bytes += written
        if written < len(data):
            self._end = "the disk is full"
        elif self._bytes > MOST_BYTES:
            self._end = f"it has {MOST_BYTES >> 20} MB"
