"""One file, one call: the library's form of `framelift upscale`."""

from __future__ import annotations

from pathlib import Path

from .geometry import TargetSize
from .pipeline import run
from .plan import Options, make_plan
from .report import RunReport


def upscale(
    source: str | Path,
    output: str | Path,
    *,
    scale: int | None = None,
    width: int | None = None,
    height: int | None = None,
    options: Options | None = None,
) -> RunReport:
    """Upscale a video file; every frame, timestamp, track and tag of it is in the output.

    `scale` is 2, 3 or 4 (2 by default); `width` or `height`, in pixels, give any larger size. All else is in
    `options`, whose own target these three replace. Raises FrameliftError; nothing is left under the output's
    name then. A damaged input is no error: the report's `damage` says what was lost.
    """
    target = TargetSize(scale, width, height)
    options = options or Options()
    if target != TargetSize():
        options = Options(**(vars(options) | {"target": target}))
    return run(make_plan(Path(source), Path(output), options))
