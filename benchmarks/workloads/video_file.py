"""A user's video file as pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from ...engine.decode import Decoder
from ...engine.errors import InputError
from ...engine.frame import DecodedFrame
from ...engine.layout import layout_of, planar
from ...engine.media import open_input, probe
from ...engine.pixel_format import converted, tags_after
from .clip import FEWEST_FRAMES
from .drawing import Rgb


@dataclass(frozen=True)
class FileFacts:
    """Size as stored, in pixels; frames a second."""

    width: int
    height: int
    frames: int
    rate: Fraction


def facts_of(path: Path) -> FileFacts:
    """Raises InputError for a file that is no video, or has a single frame.

    Frames are counted by their packets, for headers do not always tell: a damaged file may give fewer.
    """
    video = probe(path).video
    with open_input(path) as source:
        frames = sum(1 for packet in source.demux(source.streams[video.index]) if packet.size)
    if frames < FEWEST_FRAMES:
        raise InputError(f"{path.name} has {frames} frame", f"a clip to measure on has {FEWEST_FRAMES} or more")
    return FileFacts(video.width, video.height, frames, video.rate)


def pictures_of(path: Path) -> Iterator[Rgb]:
    """Its frames as stored, deinterlaced but not turned, as 8-bit RGB by its own matrix and range."""
    facts, gbr = probe(path).video, layout_of("gbrp")
    with open_input(path) as source:
        for frame in Decoder(source, facts, set()):
            assert isinstance(frame, DecodedFrame)  # no packets are copied
            picture = planar(frame.picture)
            tags = tags_after(frame.colour, layout_of(picture.format.name), gbr)
            rgb = converted(picture, frame.colour, tags, gbr)
            yield np.asarray(rgb.to_ndarray(format="rgb24"), np.uint8)
