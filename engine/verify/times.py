"""Moments as exact fractions of a second, and the ticks of a time base."""

from __future__ import annotations

from fractions import Fraction


def nearest(value: Fraction) -> int:
    """The nearest whole number, ties away from zero (the rounding of FFmpeg's av_rescale_q)."""
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def in_seconds(moment: Fraction) -> str:
    """For messages: `1.040000 s`."""
    return f"{float(moment):.6f} s"
