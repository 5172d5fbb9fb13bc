"""Constants and tables of aiortc and aioice, changed for the whole process."""

from __future__ import annotations

import copy

from aioice import ice
from aiortc import rtcrtpsender
from aiortc.codecs import CODECS
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

CONSENT_INTERVAL = 1  # seconds between checks that the peer still listens (RFC 7675 section 5.1 has 5)
CONSENT_FAILURES = 5  # a peer that was killed is noticed after about 7 s, not 30
HISTORY = 2048  # packets kept for retransmission; a keyframe of 4K has some 390, aiortc keeps 128
PROFILES = {"4d001f": "main", "640c1f": "constrained high", "64001f": "high"}  # besides aiortc's baseline ones


def apply() -> None:
    """Change what can only be changed for the process; a second time changes nothing more."""
    ice.CONSENT_INTERVAL = CONSENT_INTERVAL
    ice.CONSENT_FAILURES = CONSENT_FAILURES
    rtcrtpsender.RTP_HISTORY_SIZE = HISTORY  # type: ignore[attr-defined]  # aiortc imports it there from its rtp.py
    for profile_level_id in PROFILES:
        _offer_h264(CODECS["video"], profile_level_id)


def _offer_h264(codecs: list[RTCRtpCodecParameters], profile_level_id: str) -> None:
    known = [codec for codec in codecs if codec.mimeType == "video/H264"]
    if any(codec.parameters["profile-level-id"] == profile_level_id for codec in known):
        return
    codec = copy.deepcopy(known[0])
    codec.payloadType = max(codec.payloadType or 0 for codec in codecs) + 1
    codec.parameters["profile-level-id"] = profile_level_id
    again = next(copy.deepcopy(codec) for codec in codecs if codec.mimeType == "video/rtx")
    again.payloadType = codec.payloadType + 1
    again.parameters["apt"] = codec.payloadType
    codecs += [codec, again]
