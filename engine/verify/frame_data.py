"""Side data that changes from frame to frame: closed captions, dynamic HDR metadata."""

from __future__ import annotations

from collections.abc import Iterator

import av
from av.sidedata.sidedata import Type as SideDataType

from .reading import Shown, side_data_of
from .report import Finding

EACH_FRAME = {
    "captions": SideDataType.A53_CC,
    "hdr.dynamic": SideDataType.DYNAMIC_HDR_PLUS,
    "hdr.dolby_vision": SideDataType.DOVI_RPU_BUFFER,
}


class FrameData:
    """Compares what each frame carries with the input's frame of the same number, byte for byte."""

    def __init__(self) -> None:
        self._wrong = dict.fromkeys(EACH_FRAME, 0)
        self._first: dict[str, str] = {}

    def take(self, ours: Shown, theirs: Shown) -> None:
        """The frames of the same number of both files."""
        for check, kind in EACH_FRAME.items():
            had, kept = _data(ours.frame, kind), _data(theirs.frame, kind)
            if had is not None and kept != had:
                self._wrong[check] += 1
                self._first.setdefault(
                    check, f"frame {ours.index} carries {_shown(kept)}, the input's carries {_shown(had)}"
                )

    def findings(self) -> Iterator[Finding]:
        """What was found."""
        for check, message in self._first.items():
            yield Finding(check, f"{self._wrong[check]} frames differ; {message}")


def _data(frame: av.VideoFrame, kind: SideDataType) -> bytes | None:
    return next((data for other, data in side_data_of(frame) if other == kind), None)


def _shown(data: bytes | None) -> str:
    return "nothing" if data is None else f"{len(data)} bytes {data[:12].hex()}"
