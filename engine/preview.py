"""Side-by-side pictures of a few frames, bicubic left and the model right, to judge a model before a long run."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import av
import numpy as np

from .decode import Decoder
from .errors import OutputError
from .frame import DecodedFrame
from .layout import planar
from .media import open_input, video_stream
from .pipeline import upscaler_for
from .plan import Plan
from .turning import turned


def write_previews(plan: Plan, count: int) -> list[Path]:
    """Write `count` PNGs beside the output, of frames spread evenly over the file. Raises OutputError.

    They are named after the output, `clip-preview-1.png` and so on, and replace older ones.
    """
    paths = []
    with closing(upscaler_for(plan)) as upscaler:
        for number in range(count):
            frame = _frame_at(plan, (number + 0.5) / count)
            larger = upscaler.upscale(frame).picture
            plain = _plain(plan, frame, larger)
            path = plan.output.with_name(f"{plan.output.stem}-preview-{number + 1}.png")
            _write_png(np.hstack([plain.to_ndarray(format="rgb24"), larger.to_ndarray(format="rgb24")]), path)
            paths.append(path)
    return paths


def _plain(plan: Plan, frame: DecodedFrame, larger: av.VideoFrame) -> av.VideoFrame:
    """The frame by bicubic at the size, with the colour and the way up of `larger`."""
    picture = planar(frame.picture)
    picture.colorspace, picture.color_range = int(frame.colour.matrix), int(frame.colour.range)
    if plan.turn is not None:
        picture = turned(picture, plan.turn, plan.layout, frame.colour.siting)
    return picture.reformat(larger.width, larger.height, interpolation="BICUBIC", threads=1)


def _frame_at(plan: Plan, share: float) -> DecodedFrame:
    """The first frame at or after a share of the duration; the last one there is when none comes after.

    Of a file that does not tell its duration, from the first ten seconds.
    """
    facts = plan.facts.video
    wanted = share * (facts.duration or 10.0)
    with open_input(plan.input) as container:
        stream = video_stream(container, plan.options.stream)
        start = (stream.start_time or 0) * facts.time_base
        if facts.has_pts and wanted:
            container.seek(int((start + wanted) / facts.time_base), stream=stream)
        last = None
        for item in Decoder(container, facts, set(), plan.options.deinterlace):
            if isinstance(item, DecodedFrame):
                last = item
                if item.pts * facts.time_base >= start + wanted:
                    break
    assert last is not None  # the plan's probe has decoded a frame
    return last


def _write_png(rgb: np.ndarray, path: Path) -> None:
    try:
        av.VideoFrame.from_ndarray(rgb, format="rgb24").save(path)
    except (av.error.FFmpegError, OSError) as error:
        raise OutputError(f"{path} cannot be written: {error}", "choose another folder for the output") from error
