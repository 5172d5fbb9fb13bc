"""What `framelift upscale` does until its first frame is enlarged, step by step; prints when each step was done.

A program, which `cold.py` runs.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import closing
from pathlib import Path

from ...cli import main as _command  # noqa: F401  all that the command imports is in what is timed
from ...engine import preview as _preview  # noqa: F401
from ...engine.decode import Decoder
from ...engine.frame import DecodedFrame
from ...engine.geometry import TargetSize
from ...engine.media import open_input
from ...engine.mux import OutputFile
from ...engine.pipeline import upscaler_for
from ...engine.plan import Options, make_plan

MARKS = ("imports", "plan", "model", "frame")
"""The steps: the interpreter has started and imported what the command does; the file is probed and all is decided;
the model is opened on its backend, whose library is loaded then; the output is opened, and the first frame is decoded
and enlarged."""


def main() -> None:
    """Arguments: input, output, model, scale, backend, precision. Prints seconds of `time.monotonic` as JSON."""
    marks = [time.monotonic()]
    source, output, model, scale, backend, precision = sys.argv[1:]
    options = Options(model, TargetSize(int(scale)), backend=backend, precision=precision)
    plan = make_plan(Path(source), Path(output), options)
    marks.append(time.monotonic())
    with open_input(plan.input) as container, closing(upscaler_for(plan)) as upscaler:
        marks.append(time.monotonic())
        with OutputFile(plan, container):
            decoder = Decoder(container, plan.facts.video, set(), plan.options.deinterlace)
            upscaler.upscale(next(item for item in decoder if isinstance(item, DecodedFrame)))
            marks.append(time.monotonic())
    print(json.dumps(marks))


if __name__ == "__main__":
    main()
