"""Opening a file to be compared, choosing its video stream and the decoder that keeps all of it."""

from __future__ import annotations

from pathlib import Path

import av
import av.error
from av.codec import Codec, CodecContext
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from ..errors import InputError, UsageError


def opened(path: Path) -> InputContainer:
    """The file, open. Raises InputError when it is not there or FFmpeg finds no streams in it."""
    try:
        return av.open(f"file:{path}", "r", metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{path} cannot be opened: {reason}", "check the name, and play it to see whether it is whole"
        ) from error


def is_cover(stream: Stream) -> bool:
    """Whether a video stream is a picture that comes with the file, such as cover art."""
    return bool(stream.disposition & Disposition.attached_pic)


def chosen_video(container: InputContainer, path: Path, number: int | None) -> VideoStream:
    """The `number`-th video stream counted from 0, cover art left out; the first by default.

    Raises InputError when there is none or no decoder for it, UsageError for a number beyond the last.
    """
    streams = [stream for stream in container.streams.video if not is_cover(stream)]
    if not streams:
        raise InputError(f"{path} holds no video stream", "name a file with video")
    if number is not None and not 0 <= number < len(streams):
        raise UsageError(f"stream {number}: {path} has video streams 0 to {len(streams) - 1}", "choose one of these")
    stream = streams[number or 0]
    if stream.codec_context is None:
        raise InputError(f"{path}: there is no decoder for its video", "convert it with a tool that has one")
    return stream


def codec_of(stream: Stream) -> str:
    """FFmpeg's name of the stream's codec, whichever decoder there is for it."""
    context: CodecContext | None = stream.codec_context  # None without a decoder, whatever the stub says
    if context is None:
        return getattr(stream, "name", None) or "unknown"
    return context.codec.canonical_name


def decoder_of(stream: VideoStream) -> VideoCodecContext:
    """A decoder on one thread: with more, what FFmpeg makes of damaged packets depends on their number.

    FFmpeg's own VP8 and VP9 decoders leave out alpha; libvpx keeps it.
    """
    context = stream.codec_context
    with_alpha = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
    tags = {key.lower(): value for key, value in stream.metadata.items()}
    if tags.get("alpha_mode") == "1" and context.name in with_alpha:
        extradata = context.extradata
        context = Codec(with_alpha[context.name], "r").create("video")
        context.extradata = extradata
    context.thread_type, context.thread_count = "NONE", 1
    return context
