"""From a picture as a decoder or a peer gave it to the engine's frame."""

from __future__ import annotations

from fractions import Fraction

import av

from ..colour import ColourTags, Siting
from ..frame import DecodedFrame, Ledger
from .encoded import RTP_TIME_BASE


def decoded_frame(picture: av.VideoFrame, index: int, ledger: Ledger) -> DecodedFrame:
    """The frame; nobody may write into `picture` from here on.

    What is untagged is decided by the rule of `engine/colour.py`. A picture without pts gets the time its last packet
    came in (span "arrive" of `ledger`), one without a time base that of RTP.
    """
    time_base = picture.time_base or RTP_TIME_BASE
    tags = ColourTags(
        picture.colorspace, picture.color_range, picture.color_primaries, picture.color_trc, Siting.UNSPECIFIED
    )
    return DecodedFrame(
        picture=picture,
        index=index,
        pts=round(ledger.spans["arrive"][1] / time_base) if picture.pts is None else picture.pts,
        duration=picture.duration or 0,
        time_base=time_base,
        colour=tags.decided(lines=picture.height, pix_fmt=picture.format.name),
        sample_aspect_ratio=Fraction(1),  # pictures do not say
        ledger=ledger,
    )
