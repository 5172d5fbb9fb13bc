"""An encoded frame on its way out."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ..frame import Ledger

RTP_TIME_BASE = Fraction(1, 90_000)  # of all video over RTP (RFC 6184 section 5.1, RFC 7741 section 4.1)


@dataclass(frozen=True)
class EncodedFrame:
    """One frame's bytes (H.264: Annex B), ready for a packetiser or a muxer."""

    data: bytes
    codec: str  # "h264" or "vp8"
    keyframe: bool
    pts: int  # in `time_base`
    time_base: Fraction
    width: int
    height: int
    ledger: Ledger
