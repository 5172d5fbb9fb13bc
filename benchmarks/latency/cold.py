"""From a process's start to its first enlarged frame, each time in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from ...engine.errors import ModelError
from ..statistics.measurement import Measurement
from .choices import Choice
from .first_frame import MARKS

WHOLE = "cold start"
PARTS = tuple(f"{WHOLE}: {part}" for part in MARKS)

Run = Mapping[str, float]
"""Milliseconds by metric, `PARTS` and `WHOLE`."""


def start(choice: Choice, source: Path, folder: Path) -> Run:
    """A process that works on the video `source`, in `folder`. Raises ModelError where it fails, with its last words.

    The clock is the system's: what one process reads can be compared with what another one does (on Linux,
    CLOCK_MONOTONIC since the machine's start).
    """
    command = [sys.executable, "-P", "-m", f"{__package__}.first_frame", str(source), str(folder / "out.mp4")]
    command += [choice.model, str(choice.scale), choice.backend, choice.precision]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  ourselves
    if done.returncode:
        words = (done.stderr.splitlines() or [f"exit code {done.returncode}"])[-1]
        raise ModelError(f"the cold start of {choice} failed: {words}", "measure without it: --no-cold")
    marks = [began, *json.loads(done.stdout)]
    parts = {part: 1000 * (after - before) for part, (before, after) in zip(PARTS, pairwise(marks), strict=True)}
    return {WHOLE: sum(parts.values()), **parts}


def measurements(case: str, runs: Sequence[Run]) -> list[Measurement]:
    """All of a case: the whole, and each part."""
    return [Measurement(case, metric, "ms", "lower", tuple((run[metric],) for run in runs)) for metric in runs[0]]
