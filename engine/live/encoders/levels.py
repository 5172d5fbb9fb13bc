"""H.264 levels: what a decoder must be able to do for a stream (ITU-T H.264 table A-1)."""

from __future__ import annotations

from typing import NamedTuple

from .base import Profile


class Level(NamedTuple):
    """One row of the table."""

    name: str
    macroblock_rate: int  # macroblocks a second, MaxMBPS
    frame_size: int  # macroblocks, MaxFS
    kilobits: int  # a second, MaxBR of the baseline profile


# From 3.1 on: no peer of today does less, and lower ones only limit what may change without a new keyframe.
LEVELS = (
    Level("3.1", 108_000, 3_600, 14_000),
    Level("3.2", 216_000, 5_120, 20_000),
    Level("4", 245_760, 8_192, 20_000),
    Level("4.1", 245_760, 8_192, 50_000),
    Level("4.2", 522_240, 8_704, 50_000),
    Level("5", 589_824, 22_080, 135_000),
    Level("5.1", 983_040, 36_864, 240_000),
    Level("5.2", 2_073_600, 36_864, 240_000),
    Level("6", 4_177_920, 139_264, 240_000),
    Level("6.1", 8_355_840, 139_264, 480_000),
    Level("6.2", 16_711_680, 139_264, 800_000),
)


def level_for(width: int, height: int, fps: float, bitrate: int, profile: Profile) -> str:
    """The lowest level from 3.1 on that holds such a stream; the highest there is where none does."""
    across, down = -(-width // 16), -(-height // 16)
    kilobits = bitrate / (1250 if profile == "high" else 1000)  # cpbBrVclFactor, table A-2
    for level in LEVELS:
        fits = across * down <= level.frame_size and max(across, down) ** 2 <= 8 * level.frame_size
        if fits and across * down * fps <= level.macroblock_rate and kilobits <= level.kilobits:
            return level.name
    return LEVELS[-1].name
