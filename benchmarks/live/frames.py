"""The engine's frames, made of bare pictures."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction

import av

from ...engine.colour import ColourTags, Siting
from ...engine.frame import DecodedFrame, Ledger, UpscaledFrame


def decoded_frame(picture: av.VideoFrame) -> DecodedFrame:
    """Untagged colour is decided by the engine's rule."""
    assert picture.pts is not None
    assert picture.time_base is not None
    tags = ColourTags(
        picture.colorspace, picture.color_range, picture.color_primaries, picture.color_trc, Siting.UNSPECIFIED
    ).decided(lines=picture.height, pix_fmt=picture.format.name)
    return DecodedFrame(picture, 0, picture.pts, 0, picture.time_base, tags, Fraction(1), Ledger())


def upscaled_frame(picture: av.VideoFrame) -> UpscaledFrame:
    """As an encoder gets it."""
    decoded = decoded_frame(picture)
    return UpscaledFrame(**{field.name: getattr(decoded, field.name) for field in fields(decoded)})
