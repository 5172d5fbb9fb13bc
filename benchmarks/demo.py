"""The demo: a clip is rendered, made small, upscaled by the engine, and compared with what was rendered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from ..engine.errors import OutputError
from ..engine.layout import layout_of
from ..engine.media import open_input
from ..engine.pipeline import run
from ..engine.plan import Options, make_plan
from ..engine.planes import planes_of
from ..engine.verify import VerifyReport, verify
from ..training.imresize import imresize
from ..training.metrics import psnr
from .workloads import Clip, Rgb, render, video_frame, write_clip
from .workloads.lettering import draw_text

SCALE = 2
CLIP = Clip(width=640, height=360, frames=48)
ZOOM = 4  # the comparison shows a part of the picture, so many times larger


@dataclass(frozen=True)
class Demo:
    """What the demo made. PSNR-Y in dB against the rendered frames, the mean over all of them."""

    small: Path
    large: Path
    picture: Path
    frames: int
    fps: float
    psnr: float
    psnr_bicubic: float
    verified: VerifyReport

    @property
    def gain(self) -> float:
        """How many dB above bicubic."""
        return self.psnr - self.psnr_bicubic


def make_demo(folder: Path, clip: Clip = CLIP) -> Demo:
    """Write `small.mp4`, `demo.mp4` and `comparison.png` into `folder`, replacing older ones.

    The sides of `clip` are multiples of 4. Raises OutputError when `folder` cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _made_in(folder, clip)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}", "choose another --out") from error


def _made_in(folder: Path, clip: Clip) -> Demo:
    small, large, picture = folder / "small.mp4", folder / "demo.mp4", folder / "comparison.png"
    write_clip(small, (imresize(rgb, 1 / SCALE) for rgb in render(clip)), clip.rate)
    report = run(make_plan(small, large, Options(overwrite=True)))
    ours, bicubic = _psnr_of(clip, small, large)
    _write_comparison(clip, small, large, picture)
    return Demo(small, large, picture, report.frames, report.fps, ours, bicubic, verify(small, large))


def _psnr_of(clip: Clip, small: Path, large: Path) -> tuple[float, float]:
    """Of the upscaled video and of bicubic on the same decoded small one; bicubic is spared a second encoding."""
    scores = []
    for rgb, low, high in zip(render(clip), _pictures(small), _pictures(large), strict=True):
        original = _luma(video_frame(rgb))
        pair = _luma(high), imresize(_luma(low), SCALE)
        scores.append([psnr(luma, original, border=SCALE) for luma in pair])
    ours, bicubic = np.mean(scores, axis=0)
    return float(ours), float(bicubic)


def _write_comparison(clip: Clip, small: Path, large: Path, path: Path) -> None:
    """The busiest part of the middle frame, enlarged: as rendered, by bicubic, by framelift."""
    frames = zip(render(clip), _pictures(small), _pictures(large), strict=True)
    rgb, low, high = next(islice(frames, clip.frames // 2, None))
    shown = {
        "ORIGINAL": rgb,
        "BICUBIC": imresize(_rgb(low), SCALE),
        "FRAMELIFT": _rgb(high),
    }
    part = _busiest_part(rgb)
    row = np.hstack([_labelled(_magnified(picture[part]), name) for name, picture in shown.items()])
    av.VideoFrame.from_ndarray(np.ascontiguousarray(row), format="rgb24").save(path)


def _busiest_part(rgb: Rgb) -> tuple[slice, slice]:
    """Of the overlapping parts a quarter as wide and high, the one whose neighbouring pixels differ most."""
    height, width = (side // ZOOM for side in rgb.shape[:2])
    tops, lefts = (range(0, side * (ZOOM - 1) + 1, max(1, side // 2)) for side in (height, width))
    parts = [(slice(top, top + height), slice(left, left + width)) for top in tops for left in lefts]
    change = np.abs(np.diff(rgb.astype(np.int16), axis=1, append=rgb[:, -1:]))
    return max(parts, key=lambda part: float(change[part].mean()))


def _magnified(rgb: Rgb) -> Rgb:
    return rgb.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)


def _labelled(rgb: Rgb, name: str) -> Rgb:
    """With a band above that says what it is."""
    size = 14
    band = np.full((2 * size, rgb.shape[1], 3), 0.1, np.float32)
    draw_text(band, name, size / 2, size / 2, size, (1.0, 1.0, 1.0))
    return np.vstack([np.rint(np.clip(band, 0, 1) * 255).astype(np.uint8), rgb])


def _pictures(path: Path) -> Iterator[av.VideoFrame]:
    with open_input(path) as file:
        yield from file.decode(video=0)


def _rgb(frame: av.VideoFrame) -> Rgb:
    return frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)


def _luma(frame: av.VideoFrame) -> NDArray[np.uint8]:
    return planes_of(frame, layout_of(frame.format.name))[0].astype(np.uint8, copy=False)
