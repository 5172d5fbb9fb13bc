"""`verify`: does an output keep what its input holds? Independent of the code that writes outputs.

Both files are demuxed and decoded here, in step, so that memory stays the same however long they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Protocol

from .frame_data import FrameData
from .opening import chosen_video, opened
from .packets import CopiedTrack, SampledTrack, comparison_of
from .picture import compare_pictures, turn_between
from .reading import AnyPacket, Reader, Shown
from .report import Finding, VerifyReport
from .resemblance import Resemblance
from .survey import Survey, survey_of
from .timing import Timing, compare_counts, compare_last_durations, compare_lengths, compare_order
from .tracks import compare_declarations, paired
from .turn import Turn


def verify(source: Path, output: Path, *, stream: int | None = None) -> VerifyReport:
    """Compare `output`, an upscaled copy, with its `source`; the report says all that is not kept.

    `stream` is the number of the upscaled video stream, counted from 0 without cover art; by default the
    first. Raises InputError for a file that cannot be opened or shows no frame, UsageError for a `stream`
    the file does not have.
    """
    a, b = survey_of(Path(source), stream), survey_of(Path(output), stream)
    with opened(a.path) as file_a, opened(b.path) as file_b:
        ours = Reader(file_a, chosen_video(file_a, a.path, stream), pts_in_order=a.picture.pts_in_order)
        theirs = Reader(file_b, chosen_video(file_b, b.path, stream), pts_in_order=b.picture.pts_in_order)
        turn = turn_between(a.picture, b.picture) or Turn.none()
        resemblance = Resemblance(a.picture, b.picture, turn)
        tracks = _Tracks(a, b)
        checks: list[FrameCheck] = [Timing(), FrameData(), resemblance]
        for shown, written in zip_longest(ours.frames(tracks.take_ours), theirs.frames(tracks.take_theirs)):
            if shown is not None and written is not None:
                for check in checks:
                    check.take(shown, written)
        last_durations = list(compare_last_durations(ours, theirs))
    findings = [
        *compare_counts(ours, theirs),
        *compare_order(ours, theirs),
        *last_durations,
        *(finding for check in checks for finding in check.findings()),
        *compare_pictures(a.picture, b.picture),
        *compare_declarations(a, b),
        *tracks.findings(),
        *compare_lengths(a, b, ours),
    ]
    return VerifyReport(a.path, b.path, tuple(findings), ours.counts, theirs.counts, resemblance.compared)


class FrameCheck(Protocol):
    """What looks at the frames of both files in step."""

    def take(self, ours: Shown, theirs: Shown) -> None:
        """The frames of the same number of both files."""

    def findings(self) -> Iterable[Finding]:
        """What was found; called once, after the last frames."""


class _Tracks:
    """The copied tracks, each with its comparison, found by the stream numbers of both files."""

    def __init__(self, a: Survey, b: Survey) -> None:
        self._ours: dict[int, CopiedTrack | SampledTrack] = {}
        self._theirs: dict[int, CopiedTrack | SampledTrack] = {}
        for ours, theirs in paired(a, b):
            if ours.index != a.video:
                self._ours[ours.index] = self._theirs[theirs.index] = comparison_of(ours, theirs)

    def take_ours(self, packet: AnyPacket) -> None:
        if packet.stream_index in self._ours:
            self._ours[packet.stream_index].take(0, packet)

    def take_theirs(self, packet: AnyPacket) -> None:
        if packet.stream_index in self._theirs:
            self._theirs[packet.stream_index].take(1, packet)

    def findings(self) -> Iterator[Finding]:
        for comparison in self._ours.values():
            yield from comparison.findings()
