"""Whether every frame is there, at its moment, and the whole lasts as long."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from .reading import Reader, Shown
from .report import Finding
from .survey import Survey
from .times import in_seconds, nearest

ENOUGH = 3  # examples in a message
LENGTHS_DIFFER = Fraction(50, 1000)


class Timing:
    """Compares pts as frames come: the input's, rounded to the output's time base, is the output's."""

    def __init__(self) -> None:
        self._compared = 0
        self._wrong = 0
        self._examples: list[str] = []
        self._shifts: set[int] = set()

    def take(self, ours: Shown, theirs: Shown) -> None:
        """The frames of the same number of both files."""
        self._compared += 1
        expected = nearest(ours.moment / theirs.time_base)
        if theirs.pts == expected:
            return
        self._wrong += 1
        if len(self._shifts) <= ENOUGH:
            self._shifts.add(theirs.pts - expected)
        if len(self._examples) < ENOUGH:
            self._examples.append(
                f"frame {ours.index} is at {theirs.pts} ({in_seconds(theirs.moment)}), "
                f"the input's is {expected} ({in_seconds(ours.moment)})"
            )

    def findings(self) -> Iterator[Finding]:
        """What was found."""
        if not self._wrong:
            return
        evenly = f", all by {min(self._shifts)} ticks" if len(self._shifts) == 1 else ""
        yield Finding(
            "frames.pts",
            f"{self._wrong} of {self._compared} frames have another pts than the input's{evenly}: "
            + "; ".join(self._examples),
        )


def compare_counts(ours: Reader, theirs: Reader) -> Iterator[Finding]:
    """As many frames, and no damage that the input does not have."""
    a, b = ours.counts, theirs.counts
    if a.frames != b.frames:
        yield Finding("frames.count", f"{b.frames} frames, the input has {a.frames}")
    if b.packets_undecodable > a.packets_undecodable or b.frames_damaged > a.frames_damaged:
        yield Finding(
            "frames.damage",
            f"{b.packets_undecodable} packets do not decode and {b.frames_damaged} frames are damaged, "
            f"in the input {a.packets_undecodable} and {a.frames_damaged}",
        )


def compare_last_durations(ours: Reader, theirs: Reader) -> Iterator[Finding]:
    """The last frame is shown as long, to a tick of the coarser time base, where both files tell."""
    a, b = ours.last_duration, theirs.last_duration
    tick = max(ours.clock.time_base, theirs.clock.time_base)
    if a is not None and b is not None and abs(a - b) > tick:
        yield Finding("frames.duration", f"the last frame lasts {in_seconds(b)}, the input's {in_seconds(a)}")


def compare_order(ours: Reader, theirs: Reader) -> Iterator[Finding]:
    """The output's own pts rise; where the input's do not, the rule for reading has given others to both."""
    a, b = ours.clock.not_rising, theirs.clock.not_rising
    if b > a:
        yield Finding("frames.pts", f"{b} frames have a pts not after their predecessor's, in the input {a}")


def compare_lengths(source: Survey, output: Survey, read: Reader) -> Iterator[Finding]:
    """The output declares the length the input declares or, cut off, really has.

    That is counted from 0 or from the first packet: Matroska does the one, MPEG-TS the other. Equal is what
    differs by no more than one frame interval or 50 ms. MPEG-TS does not say how long the last frame stays, and
    FFmpeg guesses: there, equal is what differs by no more than the longest step from frame to frame.
    """
    if output.duration is None or read.begin is None or read.end is None:
        return
    lengths = [read.end, read.end - read.begin]
    if source.duration is not None:
        lengths.append(source.duration)
    guessed = "mpegts" in (source.container, output.container)
    steps = max(read.clock.interval, read.clock.longest if guessed else 0)
    slack = max(LENGTHS_DIFFER, steps * read.clock.time_base)
    if all(abs(output.duration - length) > slack for length in lengths):
        declared = "nothing" if source.duration is None else in_seconds(source.duration)
        yield Finding(
            "duration",
            f"{in_seconds(output.duration)} declared; the input declares {declared} and ends at {in_seconds(read.end)}",
        )
