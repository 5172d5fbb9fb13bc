"""A frame on its way through the engine.

`DecodedFrame` is what the decoder gave (perhaps deinterlaced, never resized or converted);
`UpscaledFrame` is what the encoder gets. They are different types so that neither is taken for the other.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction

import av

from .colour import ColourTags


@dataclass
class Ledger:
    """When each stage began and ended with a frame, in seconds of `time.perf_counter`."""

    spans: dict[str, tuple[float, float]] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Note the time the body takes under `name`."""
        began = time.perf_counter()
        yield
        self.spans[name] = (began, time.perf_counter())

    def milliseconds(self, name: str) -> float:
        """How long stage `name` worked on the frame."""
        began, ended = self.spans[name]
        return 1000.0 * (ended - began)


@dataclass
class Frame:
    """One picture with what must reach the output beside it.

    `pts` and `duration` are in `time_base` units (a duration of 0 is unknown); `index` counts frames from 0
    in presentation order; `colour` is decided (nothing unspecified but primaries and transfer).
    """

    picture: av.VideoFrame
    index: int
    pts: int
    duration: int
    time_base: Fraction
    colour: ColourTags
    sample_aspect_ratio: Fraction
    ledger: Ledger


class DecodedFrame(Frame):
    """As decoded: the source's size and pixel format."""


class UpscaledFrame(Frame):
    """Ready to encode: the output's size and pixel format."""
