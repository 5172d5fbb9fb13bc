"""The parent's side of a peer's process: asks, waits so long and no longer, and ends it for sure."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Self

import numpy as np

from .apart.serving import Codes
from .running import PeerFailed

OPENING = 300.0  # seconds; torch.compile takes half a minute
ANSWERING = 120.0  # beyond the time that was asked for
ENDING = 2.0  # seconds for one that says nothing more
SCRIPT = Path(__file__).parent / "apart" / "superres.py"


class Process:
    """A context manager. What is asked and answered: see `apart.serving`. Raises PeerFailed wherever it goes wrong."""

    def __init__(self, python: Path | None, request: Mapping[str, Any]) -> None:
        """`python` is another interpreter, which runs OpenCV; None is this one. Opens the peer, for `request`."""
        self._errors: BinaryIO = TemporaryFile()  # noqa: SIM115  closed with the process
        self._process = subprocess.Popen(  # noqa: S603  our script, in an interpreter the user has named
            _command(python),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=_environment(python, request["threads"]),
            start_new_session=True,  # Ctrl-C is for the parent, which ends its children
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._answers = self._process.stdin, self._process.stdout
        self.memory = 0
        self.about = ""
        try:
            self._open(request)
        except BaseException:
            self.close()
            raise

    def resize(self, size: tuple[int, int]) -> None:
        """See `Running.resize`."""
        self._open({**self._request, "size": size})

    def enlarged(self, frame: Codes) -> Codes:
        """See `Running.enlarged`."""
        _, larger = self._ask({"do": "enlarge"}, [frame], ANSWERING)
        assert larger is not None
        return larger

    def times(self, frames: Sequence[Codes], seconds: float) -> list[float]:
        """See `Running.times`."""
        answer, _ = self._ask({"do": "time", "seconds": seconds}, frames, seconds + ANSWERING)
        self.memory = int(answer["memory"])
        return [float(value) for value in answer["ms"]]

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._requests, self._answers, self._errors):
            with suppress(BrokenPipeError):  # what was not sent is lost with the process
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self, request: Mapping[str, Any]) -> None:
        answer, _ = self._ask({"do": "open", **request}, (), OPENING)
        self._request, self.about = request, str(answer["about"])

    def _ask(
        self, request: Mapping[str, Any], frames: Sequence[Codes], limit: float
    ) -> tuple[dict[str, Any], Codes | None]:
        """The answer, and the frame that comes with it."""
        overdue = threading.Event()

        def end() -> None:
            overdue.set()
            self._process.kill()

        watch = threading.Timer(limit, end)
        watch.start()
        try:
            self._send({**request, "frames": len(frames), "shape": frames[0].shape if frames else []}, frames)
            answer = json.loads(self._answers.readline())
            frame = self._frame(answer["shape"]) if "shape" in answer else None
        except (BrokenPipeError, EOFError, ValueError):  # the last: no line, or half of one
            why = f"it gave no answer within {limit:g} s" if overdue.is_set() else self._last_words()
            raise PeerFailed(why) from None
        finally:
            watch.cancel()
        if "failed" in answer:
            raise PeerFailed(" ".join(answer["failed"].split()))
        return answer, frame

    def _send(self, request: Mapping[str, Any], frames: Sequence[Codes]) -> None:
        self._requests.write(json.dumps(request).encode() + b"\n")
        for frame in frames:
            self._requests.write(np.ascontiguousarray(frame).data)
        self._requests.flush()

    def _frame(self, shape: Sequence[int]) -> Codes:
        received = self._answers.read(math.prod(shape))
        if len(received) != math.prod(shape):
            raise EOFError
        return np.frombuffer(received, np.uint8).reshape(shape)

    def _last_words(self) -> str:
        """How it ended: the last line it wrote to stderr."""
        try:
            code = self._process.wait(ENDING)
        except subprocess.TimeoutExpired:
            return "its process answers what nobody understands"
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return f"its process ended with exit code {code}{': ' + said[-1] if said else ''}"


def _command(python: Path | None) -> list[str]:
    if python is not None:
        return [str(python), str(SCRIPT)]
    return [sys.executable, "-P", "-m", f"{__package__}.worker"]


def _environment(python: Path | None, threads: int) -> dict[str, str]:
    """As many threads for whatever reads it from there; another interpreter finds its own packages alone.

    OpenMP's threads wait without spinning: beside an encoder those that spin made torch and ncnn ten times slower.
    """
    kept = {name: value for name, value in os.environ.items() if python is None or not name.startswith("PYTHON")}
    return {**kept, "OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "PASSIVE"}
