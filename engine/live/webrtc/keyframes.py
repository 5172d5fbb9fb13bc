"""Which encoded frames can be decoded without any before them."""

from __future__ import annotations

_VP8_START_CODE = b"\x9d\x01\x2a"
_IDR, _SLICE = 5, 1


def is_keyframe(codec: str, data: bytes) -> bool:
    """Whether the frame `data` (H.264: Annex B) is one.

    VP8: RFC 6386 section 9.1, the first bit of the frame tag, and the start code that then follows it.
    H.264: its first slice is of an IDR picture (ITU-T H.264 table 7-1).
    """
    if codec == "vp8":
        return len(data) > 6 and not data[0] & 1 and data[3:6] == _VP8_START_CODE
    at = data.find(b"\x00\x00\x01")
    while 0 <= at < len(data) - 3:
        kind = data[at + 3] & 0x1F
        if kind in {_IDR, _SLICE}:
            return kind == _IDR
        at = data.find(b"\x00\x00\x01", at + 3)
    return False
