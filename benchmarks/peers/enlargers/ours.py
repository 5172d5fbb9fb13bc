"""framelift itself: its upscaler, planes in and planes out, as its pipeline calls it."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np

from ....engine.colour import ColourTags, Matrix, Range
from ....engine.compute import Compute
from ....engine.frame import DecodedFrame, Ledger
from ....engine.geometry import TargetSize, plan_geometry
from ....engine.layout import layout_of
from ....engine.model import load_model
from ....engine.upscaler import Upscaler
from ..apart.serving import Codes, Request

_TAGS = ColourTags(Matrix.BT709, Range.LIMITED)


class Ours:
    """One frame on all threads. Every frame is computed in full: what did not change is not kept."""

    def __init__(self, request: Request) -> None:
        width, height = request["size"]
        compute = Compute("native", request["precision"], request["threads"], mode="latency", reuse=False)
        model = load_model(request["network"], scale=request["scale"], precision=compute.file_precision)
        geometry = plan_geometry(width, height, Fraction(1), TargetSize(), model.scale)
        self._upscaler = Upscaler(model, layout_of("yuv420p"), _TAGS, geometry, compute=compute)
        self.about = f"framelift, {self._upscaler.backend.reason}"

    def given(self, frame: Codes) -> DecodedFrame:
        """See `Enlarger.given`."""
        picture = av.VideoFrame.from_ndarray(frame, format="yuv420p")
        return DecodedFrame(picture, 0, 0, 0, Fraction(1, 25), _TAGS, Fraction(1), Ledger())

    def enlarge(self, given: DecodedFrame) -> av.VideoFrame:
        """See `Enlarger.enlarge`."""
        return self._upscaler.upscale(given).picture

    def codes(self, made: av.VideoFrame) -> Codes:
        """See `Enlarger.codes`."""
        return made.to_ndarray().astype(np.uint8, copy=False)
