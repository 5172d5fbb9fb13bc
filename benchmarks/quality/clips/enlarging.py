"""Decoded frames made larger: what a player with framelift in it shows, and one with bicubic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from fractions import Fraction

import av

from ....engine.colour import ColourTags, Matrix, Range, Siting
from ....engine.compute import Compute
from ....engine.frame import DecodedFrame, Ledger
from ....engine.geometry import TargetSize, plan_geometry
from ....engine.layout import layout_of
from ....engine.upscaler import Upscaler
from ....training.imresize import imresize
from ..network import Network
from ..way import Way
from .cases import bicubic
from .material import Luma, luma_of

Enlarge = Callable[[av.VideoFrame], Luma]
_TAGS = ColourTags(Matrix.BT709, Range.LIMITED, siting=Siting.LEFT)


def clip_ways(ways: Sequence[Way], scale: int) -> list[Way]:
    """Of all ways those that are measured on clips: bicubic, and the networks of this scale."""
    return [way for way in ways if way.scale == scale and (isinstance(way, Network) or way.name == bicubic(scale))]


@contextmanager
def opened(ways: Sequence[Way], size: tuple[int, int]) -> Iterator[Mapping[str, Enlarge]]:
    """By name, for small 4:2:0 frames of `size` (width, height)."""
    with ExitStack() as stack:
        yield {way.name: _enlarge(way, size, stack) for way in ways}


def _enlarge(way: Way, size: tuple[int, int], stack: ExitStack) -> Enlarge:
    if not isinstance(way, Network):
        return lambda frame: imresize(luma_of(frame), way.scale)
    geometry = plan_geometry(*size, Fraction(1), TargetSize(), way.scale)
    compute = Compute(backend=way.backend, mode="latency")
    upscaler = stack.enter_context(closing(Upscaler(way.model, layout_of("yuv420p"), _TAGS, geometry, compute=compute)))
    return lambda frame: luma_of(upscaler.upscale(_decoded(frame)).picture)


def _decoded(frame: av.VideoFrame) -> DecodedFrame:
    return DecodedFrame(frame, 0, 0, 0, Fraction(1, 25), _TAGS, Fraction(1), Ledger())
