"""What a stream did, for `--json`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..statistics import PathStats


@dataclass(frozen=True)
class StreamReport:
    """A stream so far, or when it has ended."""

    source: str
    destination: str
    ended: str  # "source ended", "stopped", or "running"
    seconds: float
    frames_in: int
    frames_out: int  # written
    dropped: dict[str, int]  # by the stage that did not come to them in time
    # "late": their time was before one that was shown already; "away": the destination was gone
    damaged: int  # packets the decoder refused
    sound: str  # copied, encoded as ..., or none
    sound_packets: int
    sound_dropped: int
    sound_delay_ms: float
    reconnects: dict[str, int]  # of the source and the destination
    clock_restarts: int
    codec: str
    encoder: str
    path: PathStats  # times are those of the last ten seconds

    def to_json(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"schema": 1, **asdict(self)}
