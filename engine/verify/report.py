"""What a comparison found, for people and for programs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

SCHEMA = 1


@dataclass(frozen=True)
class Finding:
    """One thing the output does not keep: the check's stable name, and both values in words."""

    check: str
    message: str


@dataclass(frozen=True)
class Counts:
    """What was read of one file."""

    frames: int
    frames_damaged: int
    """Frames the decoder gave but marked as damaged."""
    packets_undecodable: int
    """Packets of the video the decoder refused."""
    packets_of_other_tracks: int


@dataclass(frozen=True)
class VerifyReport:
    """The outcome of `verify`: `ok` when the output keeps all that was checked."""

    input: Path
    output: Path
    findings: tuple[Finding, ...]
    input_counts: Counts
    output_counts: Counts
    frames_compared: int
    """Pairs of pictures compared; fewer than the frames when the input is damaged (see `Resemblance`)."""

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def to_json(self) -> str:
        """The report as a JSON object, UTF-8 text with a schema version."""
        document = {"schema": SCHEMA, "ok": self.ok, **asdict(self)}
        return json.dumps(document, indent=2, ensure_ascii=False, default=str)
