"""A peer's process: it answers its parent over pipes. Needs nothing but NumPy, so that any interpreter can run it.

A request is a line of JSON on stdin, with as many frames after it as its `frames` says, each of `shape`, in bytes:

    {"do": "open", ...}                         what else it wants to know       -> {"about": "OpenCV 5.0.0"}
    {"do": "enlarge", "frames": 1, "shape": [360, 640, 3]}                       -> {"shape": [720, 1280, 3]} + a frame
    {"do": "time", "frames": 4, "shape": [360, 640, 3], "seconds": 0.3}          -> {"ms": [...], "memory": bytes}

The answer is a line of JSON, with a frame after it where a frame is given back; `{"failed": "why"}` where it cannot be
done. The process ends with its input.
"""

from __future__ import annotations

import json
import math
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Mapping
from itertools import cycle
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

Codes = np.ndarray[Any, np.dtype[np.uint8]]
"""A frame's bytes: [H, W] for one plane or several below each other, [H, W, 3] for packed colours."""
Request = Mapping[str, Any]


class Unable(Exception):
    """What is asked for cannot be done here; the words are for the user."""


class Enlarger(Protocol):
    """A peer made ready for one size. Only `enlarge` is timed."""

    about: str
    """What it is, with its version."""

    def given(self, frame: Codes) -> Any:
        """A frame as its decoder would have handed it over."""

    def enlarge(self, given: Any) -> Any:
        """The larger frame."""

    def codes(self, made: Any) -> Codes:
        """Its bytes."""


class ArrayEnlarger:
    """The part of those that take arrays and give arrays."""

    def given(self, frame: Codes) -> Codes:
        """See `Enlarger.given`."""
        return frame

    def codes(self, made: Codes) -> Codes:
        """See `Enlarger.codes`."""
        return made


def serve(opened: Callable[[Request], Enlarger]) -> None:
    """Answer until the input ends. What libraries print goes to stderr, not among the answers."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    enlarger: Enlarger | None = None
    while line := requests.readline():
        request = json.loads(line)
        frames = [_received(requests, request["shape"]) for _ in range(request.get("frames", 0))]
        made = None
        try:
            if request["do"] == "open":
                enlarger = opened(request)
                answer: dict[str, Any] = {"about": enlarger.about}
            elif enlarger is None:
                answer = {"failed": "nothing is open"}
            elif request["do"] == "enlarge":
                made = enlarger.codes(enlarger.enlarge(enlarger.given(frames[0])))
                answer = {"shape": made.shape}
            else:
                answer = {"ms": _timed(enlarger, frames, request["seconds"]), "memory": _peak_memory()}
        except Unable as error:
            answer = {"failed": str(error)}
        except Exception as error:  # noqa: BLE001  whatever it is, the parent is told, and a row of the report says it
            answer = {"failed": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer).encode() + b"\n")
        if made is not None:
            answers.write(np.ascontiguousarray(made).data)
        answers.flush()


def _received(requests: BinaryIO, shape: list[int]) -> Codes:
    received = requests.read(math.prod(shape))
    if len(received) != math.prod(shape):
        raise EOFError("a frame was cut off")
    return np.frombuffer(bytearray(received), np.uint8).reshape(shape)  # which may be written to, as a decoder's


def milliseconds(enlarger: Enlarger, given: Any) -> float:
    """That it takes to enlarge one frame."""
    began = time.perf_counter()
    enlarger.enlarge(given)
    return 1000 * (time.perf_counter() - began)


def _timed(enlarger: Enlarger, frames: list[Codes], seconds: float) -> list[float]:
    """Milliseconds of each frame, one after the other for so long; at least one."""
    given, until = cycle([enlarger.given(frame) for frame in frames]), time.perf_counter() + seconds
    found = [milliseconds(enlarger, next(given))]
    while time.perf_counter() < until:
        found.append(milliseconds(enlarger, next(given)))
    return found


def _peak_memory() -> int:
    """Bytes resident at most, so far."""
    status = Path("/proc/self/status")
    if status.exists() and (line := re.search(r"VmHWM:\s*(\d+) kB", status.read_text(encoding="utf-8"))):
        return 1024 * int(line[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
