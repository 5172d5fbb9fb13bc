"""Static HDR metadata (SMPTE ST 2086 mastering display, CTA-861.3 light levels) from frame to encoder."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from fractions import Fraction

from av.sidedata.sidedata import Type as SideDataType

from .encoders import Encoder

DYNAMIC = {
    SideDataType.DYNAMIC_HDR_PLUS: "HDR10+ metadata",
    SideDataType.DOVI_METADATA: "Dolby Vision metadata",
    SideDataType.DOVI_RPU_BUFFER: "Dolby Vision metadata",
    SideDataType.DYNAMIC_HDR_VIVID: "HDR Vivid metadata",
}


def hdr_parameters(side_data: Mapping[SideDataType, bytes], encoder: Encoder) -> dict[str, str]:
    """The encoder's own parameters (of its `hdr` option) that repeat the metadata; empty when there is none."""
    parameters = {}
    display = side_data.get(SideDataType.MASTERING_DISPLAY_METADATA)
    if display is not None:
        parameters.update(_mastering_display(display, encoder.codec))
    light = side_data.get(SideDataType.CONTENT_LIGHT_LEVEL)
    if light is not None:
        key = {"libx265": "max-cll", "libsvtav1": "content-light"}.get(encoder.name, "cll")
        parameters[key] = "{},{}".format(*struct.unpack("<II", light[:8]))
    return parameters


def _mastering_display(data: bytes, codec: str) -> dict[str, str]:
    """AVMasteringDisplayMetadata: ten rationals (R, G, B and white x, y; least, most luminance), two flags."""
    numbers = struct.unpack("<20i2i", data[:88])
    values = [Fraction(n, d) if d else Fraction(0) for n, d in zip(numbers[0:20:2], numbers[1:20:2], strict=True)]
    red, green, blue, white = (values[i : i + 2] for i in (0, 2, 4, 6))
    least, most = values[8:10]
    if codec == "av1":
        pair = "({0:.6f},{1:.6f})".format
        text = [pair(*map(float, point)) for point in (green, blue, red, white, (most, least))]
        return {"mastering-display": "G{}B{}R{}WP{}L{}".format(*text)}
    points = ["({},{})".format(*(round(v * 50_000) for v in point)) for point in (green, blue, red, white)]
    luminance = f"({round(most * 10_000)},{round(least * 10_000)})"
    key = "master-display" if codec == "hevc" else "mastering-display"
    return {key: "G{}B{}R{}WP{}L{}".format(*points, luminance)}
