"""The codecs that WebRTC peers have in common (RFC 7742 section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ...engine.errors import UsageError

Codec = Literal["h264", "vp8"]

MIME_TYPES: Mapping[Codec, str] = {"h264": "video/H264", "vp8": "video/VP8"}


def codec_named(name: str) -> Codec:
    """Raises UsageError for a name there is not."""
    for codec in MIME_TYPES:
        if codec == name:
            return codec
    raise UsageError(f"no codec is named {name!r}", f"choose of {', '.join(MIME_TYPES)}")
