"""FFmpeg's scaler by its command line: swscale as everybody has it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from .apart.serving import Codes
from .command import run
from .running import FileJob, FileRun, Job, PeerFailed

LIMIT = 600.0
"""Seconds for one run of it."""
_FRAMES = (8, 2000)  # at least and at most in a run
_STEP = re.compile(r"\[bench @ \S+\] t:(\d+\.\d+)")
_TOTAL = re.compile(r"bench: .*rtime=(\d+\.\d+)s")


class Scaling:
    """See `Running`. Its time is what its own `bench` filter sees before and after the `scale` filter."""

    memory = 0

    def __init__(self, program: str, flags: str, job: Job) -> None:
        self._head = [program, "-hide_banner", "-nostdin", "-filter_threads", str(job.threads)]
        self._flags, self._factor = flags, job.scale
        self._milliseconds = 1.0  # of a frame, as far as known
        self.resize(job.size)
        self.about = version(program)

    def resize(self, size: tuple[int, int]) -> None:
        """See `Running.resize`."""
        width, height = size
        self._raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}"]
        width, height = self._factor * width, self._factor * height
        self._shape = height * 3 // 2, width
        self._scale = f"scale={width}:{height}:flags={self._flags}"

    def enlarged(self, frame: Codes) -> Codes:
        """See `Running.enlarged`."""
        command = [*self._head, "-v", "error", *self._raw, "-i", "pipe:", "-vf", self._scale, "-f", "rawvideo", "pipe:"]
        return np.frombuffer(run(command, LIMIT, frame.tobytes()).made, np.uint8).reshape(self._shape)

    def times(self, frames: Sequence[Codes], seconds: float) -> list[float]:
        """See `Running.times`."""
        count = int(np.clip(seconds * 1000 / self._milliseconds, *_FRAMES))
        with tempfile.NamedTemporaryFile(suffix=".yuv") as file:
            file.write(b"".join(frame.tobytes() for frame in frames))
            file.flush()
            filters = ["-vf", f"bench=start,{self._scale},bench=stop", "-frames:v", str(count), "-f", "null", "-"]
            source = ["-stream_loop", "-1", "-i", file.name]
            said = run([*self._head, "-v", "info", *self._raw, *source, *filters], LIMIT).said
        found = [1000 * float(text) for text in _STEP.findall(said)]
        if not found:
            raise PeerFailed("ffmpeg's bench filter says nothing")
        self._milliseconds = float(np.median(found))
        return found


@contextmanager
def scaling(program: str, flags: str, job: Job) -> Iterator[Scaling]:
    """Nothing stays open between its runs."""
    yield Scaling(program, flags, job)


def scaled_file(program: str, flags: str, job: FileJob) -> FileRun:
    """One command, decoder and encoder too; by its own clock. Raises PeerFailed."""
    video = ["-c:v", "libx264", "-preset", job.preset, "-crf", f"{job.crf:g}", "-pix_fmt", "yuv420p"]
    size = f"scale=iw*{job.scale}:ih*{job.scale}:flags={flags}"
    command = [program, "-hide_banner", "-nostdin", "-y", "-benchmark", "-i", str(job.source), "-vf", size, "-an"]
    done = run([*command, *video, str(job.output)], LIMIT)
    total = _TOTAL.search(done.said)
    if total is None:
        raise PeerFailed("ffmpeg does not say how long it took")
    return FileRun(job.frames / float(total[1]), done.memory)


def version(program: str) -> str:
    """Such as "FFmpeg 5.1.6". Raises PeerFailed."""
    return f"FFmpeg {run([program, '-version'], LIMIT).made.decode(errors='replace').split()[2]}"
