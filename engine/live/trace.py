"""A trace file: where each frame's time went, for chrome://tracing and Perfetto.

The JSON array format of Google's "Trace Event Format": complete events ("X"), microseconds of `time.perf_counter`. Each
stage has rows of its own. The array may be left unterminated, so a file that ends early can be read as well.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import OutputError
from ..frame import Ledger

MOST_BYTES = 256 << 20  # about two million events
BLOCK = 32 << 10  # bytes that are written at once
FLUSH_AFTER = 1.0  # seconds
ROWS = 8  # of a stage, for frames that are in it at the same time; the last one takes what is left


class Trace:
    """Writes from any thread. When the file is full, or the disk is, it stops, and `note` says so."""

    def __init__(self, path: Path) -> None:
        """Replaces the file. Raises OutputError where it cannot be written."""
        try:
            self._file = path.open("wb", buffering=0)
        except OSError as error:
            raise OutputError(f"trace {path} cannot be written: {error.strerror}", "choose another place") from error
        self.note: str | None = None
        self._path = path
        self._lock = threading.Lock()
        self._waiting: list[str] = []
        self._size, self._bytes, self._flushed = 0, 0, time.perf_counter()
        self._rows: dict[str, list[float]] = {}  # row's name without its number: when each of its rows is free again
        self._first = True

    def add(self, name: str, ledger: Ledger, stages: Iterable[str]) -> None:
        """A frame of the stream `name`: those of `stages` it has been through."""
        frame = round(1e6 * ledger.spans["arrive"][1])  # the same in every event of it
        with self._lock:
            if self._file.closed:
                return
            for stage in stages:
                if stage in ledger.spans:
                    began, ended = ledger.spans[stage]
                    times = {"ts": round(1e6 * began, 1), "dur": round(1e6 * (ended - began), 1)}
                    row = self._row(f"{name} {stage}", began, ended)
                    self._put({"name": stage, "cat": name, "ph": "X", **times, "tid": row, "args": {"frame": frame}})
            if self._size >= BLOCK or time.perf_counter() - self._flushed >= FLUSH_AFTER:
                self._flush()

    def close(self) -> None:
        """Write what waits and end the array; closing twice is allowed."""
        with self._lock:
            if not self._file.closed:
                self._waiting.append("\n]\n" if not self._first else "[]\n")
                self._flush()
                self._file.close()

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
        self._flushed = time.perf_counter()
        try:
            written = self._file.write(data)
        except OSError as error:
            self._stop(f"{error.strerror}")
            return
        self._bytes += written
        if written < len(data):
            self._stop("the disk is full")
        elif self._bytes > MOST_BYTES:
            self._stop(f"it has {MOST_BYTES >> 20} MB")

    def _stop(self, why: str) -> None:
        self.note = f"the trace {self._path} ends early: {why}"
        self._file.close()
