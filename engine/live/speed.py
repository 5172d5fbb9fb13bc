"""How fast the shipped models are on this machine: `python -m framelift.engine.live.speed` prints it as JSON.

It runs as a process of its own at the lowest priority, so that a stream that is being served gets the processor first.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction

import av
import numpy as np

from ..colour import ColourTags
from ..compute import Compute
from ..frame import DecodedFrame, Ledger
from ..geometry import TargetSize, plan_geometry
from ..layout import layout_of
from ..model import available_models, load_model, precisions_of
from ..planes import planes_of
from ..upscaler import Upscaler

WIDTH, HEIGHT = 640, 360
_FRAMES = 7
_PIX_FMT = "yuv420p"


def measured_speeds() -> Iterator[tuple[str, float, str]]:
    """(name with scale, median milliseconds a frame of WIDTH x HEIGHT, backend) of each model, all cores on a frame.

    The precision is that which `auto` takes for 8-bit video. Raises ModelError when one cannot run here.
    """
    for name in sorted({load_model(form).name.removesuffix("-int8") for form in available_models()}):
        with closing(_upscaler(name)) as upscaler:
            yield name, statistics.median(_milliseconds(upscaler)), upscaler.backend.name


def _upscaler(name: str) -> Upscaler:
    compute = Compute(mode="latency")
    model = load_model(name, precision=compute.form_among(precisions_of(name), 8))
    geometry = plan_geometry(WIDTH, HEIGHT, Fraction(1), TargetSize(), model.scale)
    return Upscaler(model, layout_of(_PIX_FMT), _tags(), geometry, compute=compute)


def _milliseconds(upscaler: Upscaler) -> list[float]:
    """Of the frames after the first, which finds memory and threads not ready."""
    took = []
    for index in range(1 + _FRAMES):
        frame = _noise(index)
        began = time.perf_counter()
        upscaler.upscale(frame)
        took.append(1000.0 * (time.perf_counter() - began))
    return took[1:]


def _noise(index: int) -> DecodedFrame:
    picture = av.VideoFrame(WIDTH, HEIGHT, _PIX_FMT)
    random = np.random.default_rng(index)
    for plane in planes_of(picture, layout_of(_PIX_FMT)):
        plane[:] = random.integers(16, 236, plane.shape, np.uint8)
    return DecodedFrame(picture, index, index, 1, Fraction(1, 30), _tags(), Fraction(1), Ledger())


def _tags() -> ColourTags:
    return ColourTags().decided(lines=HEIGHT, pix_fmt=_PIX_FMT)


def main() -> None:
    """Print {name: [milliseconds, backend]}."""
    os.nice(19)
    print(json.dumps({name: [milliseconds, backend] for name, milliseconds, backend in measured_speeds()}))


if __name__ == "__main__":
    main()
