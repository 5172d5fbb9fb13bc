"""One clip of a stranger: by the plan and the pipeline of `framelift upscale`, after checks of its own.

Some formats are lists of other files and addresses (playlists, `concat`, patterns of names): FFmpeg would open these
with the server's rights. So a clip is opened only as one of `FORMATS`, which hold all that they show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import av.error
from av.container import InputContainer

from ...geometry import TargetSize
from ...media import video_stream
from ...pipeline import run
from ...plan import Options, Plan, make_plan
from ...timing import Timing
from ..refused import Refused
from .task import Enlarged, Progress, Task

FORMATS = {  # FFmpeg's demuxers, and the suffixes of outputs that suit them, the usual one first
    "mov": (".mp4", ".mov", ".m4v"),
    "matroska": (".mkv", ".webm"),
    "mpegts": (".ts", ".m2ts", ".mts"),
} | dict.fromkeys(
    ("avi", "mpeg", "mpegvideo", "h264", "hevc", "ivf", "flv", "asf", "ogg", "mxf", "dv", "gif", "yuv4mpegpipe"),
    (".mkv",),
)
MEDIA_TYPES = {
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".mkv": "video/matroska",
    ".webm": "video/webm", ".ts": "video/mp2t", ".m2ts": "video/mp2t", ".mts": "video/mp2t",
}  # fmt: skip
PEEKED = {"format_whitelist": ",".join(FORMATS), "protocol_whitelist": "file"}


def inspect_clip(task: Task) -> Enlarged:
    """What `enlarge_clip` would do. Raises FrameliftError for what it would refuse before its first frame."""
    return _facts(task, _plan(task))


def enlarge_clip(task: Task, watch: Callable[[Progress], None]) -> Enlarged:
    """Enlarge the clip; `watch` is called about ten times a second. Raises FrameliftError."""
    plan = _plan(task)

    def report(timing: Timing, seconds: float) -> None:
        _check_length(task, timing.frames, None)
        watch(Progress(timing.frames, seconds))

    done = run(plan, report)
    _check_length(task, done.frames, None)
    watch(Progress(done.frames, done.seconds))
    return replace(_facts(task, plan), frames=done.frames, damage=done.damage, notes=tuple(done.notes))


def _plan(task: Task) -> Plan:
    options = Options(
        model=task.model,
        target=TargetSize(scale=task.scale),
        backend=task.backend,
        precision=task.precision,
        threads=task.threads,
        drop_unsupported=True,  # the notes name it
    )
    plan = make_plan(task.source, task.source.with_name(f"enlarged{_checked_format(task)}"), options)
    _check_size(task, *plan.output_size)
    _check_length(task, plan.facts.video.frames_expected or 0, plan.facts.duration)
    return plan


def _checked_format(task: Task) -> str:
    """The output's suffix. Raises FrameliftError for what is no clip, or too large, before a frame of it is decoded."""
    scale = task.scale or 1
    limits = {"max_pixels": str(task.caps.pixels // scale**2)}
    try:
        with av.open(f"file:{task.source}", options=PEEKED | limits, metadata_errors="replace") as container:
            stream = video_stream(container, None)
            _check_size(task, scale * stream.width, scale * stream.height)
            return _suffix(container, task.name)
    except av.error.ArgumentError as error:  # a format that is not in the list
        raise Refused(
            415, f"{task.name} is of a format that is not taken", "send MP4, MOV, MKV, WebM, AVI or MPEG-TS"
        ) from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise Refused(
            422, f"{task.name} cannot be read as video", "play it in a player to see whether it is whole"
        ) from error


def _suffix(container: InputContainer, name: str) -> str:
    """The one that the client's name has, where it suits the format that the file turned out to be."""
    suffixes = next(FORMATS[word] for word in container.format.name.split(",") if word in FORMATS)
    given = Path(name).suffix.lower()
    return given if given in suffixes else suffixes[0]


def _check_size(task: Task, width: int, height: int) -> None:
    most = f"{task.caps.pixels / 1e6:.0f} megapixels are allowed"
    if not width or not height:  # what FFmpeg says of a frame that is over its limit, too
        raise Refused(413, f"{task.name} has no size, or a huge one; {most}", "send a smaller video")
    if width * height > task.caps.pixels:
        raise Refused(413, f"{task.name} would become {width}x{height}; {most}", "choose a smaller scale, or video")


def _check_length(task: Task, frames: int, seconds: float | None) -> None:
    most, longest = task.caps.frames, task.caps.seconds
    if longest is not None and ((seconds or 0) > longest or frames > most):
        raise Refused(413, f"{task.name} is longer than {longest:g} s or {most} frames", "send it to POST /jobs")
    if frames > most:
        raise Refused(413, f"{task.name} has more than {most} frames", "cut it into parts")


def _facts(task: Task, plan: Plan) -> Enlarged:
    video = plan.facts.video
    return Enlarged(
        path=plan.output,
        media_type=MEDIA_TYPES[plan.output.suffix],
        model=task.model,
        scale=plan.model.scale,
        input_size=(video.width, video.height),
        output_size=plan.output_size,
        frames=video.frames_expected,
        seconds=plan.facts.duration,
        notes=tuple(f"dropped: {words}" for words in plan.dropped),
    )
