"""Pictures to video files."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream

from ...training.imresize import crop_to_multiple, imresize
from .drawing import Rgb
from .workload import Workload, workload_named


def written(workload: Workload, folder: Path, *, smaller_by: int = 1, crf: int | None = 18) -> Path:
    """`workload` as an H.264 file in `folder`, or without loss (FFV1) where `crf` is None.

    The sides are cut to multiples of 2 * `smaller_by`, and made so many times smaller by MATLAB's bicubic.
    """
    large = (crop_to_multiple(picture, 2 * smaller_by) for picture in workload.pictures())
    small = large if smaller_by == 1 else (imresize(picture, 1 / smaller_by) for picture in large)
    end = "" if smaller_by == 1 else f"-1of{smaller_by}"
    if crf is None:
        path = folder / f"{workload.stem}{end}.mkv"
        return write_clip(path, small, workload.rate, codec="ffv1", options={})
    return write_clip(folder / f"{workload.stem}{end}.mp4", small, workload.rate, options={"crf": str(crf)})


def trial_of(workload: Workload, folder: Path) -> Path:
    """What can be opened at once, to see whether it can be upscaled: the user's file, or a tiny clip in `folder`."""
    return workload.path or written(workload_named("noise:64x64:2f"), folder)


def write_clip(
    path: Path,
    frames: Iterable[Rgb],
    rate: int | Fraction,
    *,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
) -> Path:
    """Encode `frames`, at least one, as BT.709 studio-range 4:2:0; by default so that nobody sees a loss.

    Returns `path`.
    """
    pictures = map(video_frame, frames)
    first = next(pictures)
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=rate, options={"crf": "10"} if options is None else options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, first.format.name
        context = stream.codec_context
        context.colorspace, context.color_range = first.colorspace, first.color_range
        context.color_primaries, context.color_trc = first.color_primaries, first.color_trc
        for number, frame in enumerate(chain([first], pictures)):
            frame.pts, frame.time_base = number, 1 / Fraction(rate)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def video_frame(rgb: Rgb) -> av.VideoFrame:
    """A picture as BT.709 studio-range 4:2:0, tagged."""
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG, interpolation="BICUBIC"
    )
    frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
    frame.color_primaries, frame.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
    return frame
