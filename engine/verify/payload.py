"""The part of a packet that stays the same when its container changes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .opening import codec_of
from .reading import AnyPacket

# NAL unit types that a file may also keep in its header, or leave out: parameter sets and delimiters.
# ITU-T H.264 table 7-1 (SPS, PPS, delimiter), H.265 table 7-1 (VPS, SPS, PPS, delimiter).
_MOVABLE = {"h264": {7, 8, 9}, "hevc": {32, 33, 34, 35}}
_START_CODE = re.compile(b"\0\0\1")


def payload_of(packet: AnyPacket) -> bytes:
    """What must be the same in both files (see `packets`)."""
    data, codec = bytes(packet), codec_of(packet.stream)
    if codec == "aac":
        return _without_adts(data)
    if codec in _MOVABLE:
        units = _nal_units(data, packet.stream.codec_context.extradata or b"", codec)
        return b"\0\0\1".join(unit for unit in units if _type_of(unit, codec) not in _MOVABLE[codec])
    return data


def _without_adts(data: bytes) -> bytes:
    """An AAC frame without the ADTS header of ISO 13818-7 section 6.2, if it has one."""
    if len(data) < 7 or data[0] != 0xFF or data[1] & 0xF6 != 0xF0:
        return data
    size = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
    checksum = not data[1] & 1
    return data[9 if checksum else 7 :] if size == len(data) else data


def _type_of(unit: bytes, codec: str) -> int:
    return unit[0] & 0x1F if codec == "h264" else unit[0] >> 1 & 0x3F


def _nal_units(data: bytes, extradata: bytes, codec: str) -> Iterator[bytes]:
    """NAL units: behind lengths where the header says so (avcC, hvcC), else behind start codes."""
    if extradata[:1] == b"\1":
        return _counted(data, (extradata[4 if codec == "h264" else 21] & 3) + 1)
    return _delimited(data)


def _counted(data: bytes, width: int) -> Iterator[bytes]:
    at = 0
    while at + width < len(data):
        size = int.from_bytes(data[at : at + width], "big")
        if unit := data[at + width : at + width + size]:
            yield unit.rstrip(b"\0")
        at += width + size


def _delimited(data: bytes) -> Iterator[bytes]:
    starts = [match.end() for match in _START_CODE.finditer(data)]
    for start, end in zip(starts, [*(s - 3 for s in starts[1:]), len(data)], strict=True):
        if unit := data[start:end].rstrip(b"\0"):
            yield unit
