"""Sums over all sessions there are and were, which only grow, and the worst of what streams are like now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Counts:
    """Of one publication, or of many together."""

    frames: Counter[str] = field(default_factory=Counter)  # "in": decoded, "out": encoded
    dropped: Counter[str] = field(default_factory=Counter)  # by the stage that did not come to them in time
    rungs: Counter[str] = field(default_factory=Counter)  # by what enlarged them
    keyframes: int = 0

    def __iadd__(self, other: Counts) -> Counts:
        """Sums, field by field."""
        self.frames.update(other.frames)
        self.dropped.update(other.dropped)
        self.rungs.update(other.rungs)
        self.keyframes += other.keyframes
        return self


@dataclass
class Totals:
    """What `GET /metrics` shows of the media process."""

    opened: Counter[str] = field(default_factory=lambda: Counter(publisher=0, viewer=0))  # sessions, by kind
    ended: Counts = field(default_factory=Counts)  # of the publications that are over

    def to_json(self, counts: Iterable[Counts], items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """With what the present publications have counted so far, and how they do (as `GET /sessions` has it)."""
        total = Counts()
        for each in (self.ended, *counts):
            total += each
        videos = [item["video"] for item in items]
        stages = sorted({stage for video in videos for stage in video["stages_ms"]})
        return {
            "opened": self.opened,
            "frames": total.frames,
            "dropped": total.dropped,
            "rungs": total.rungs,
            "keyframes": total.keyframes,
            "added_ms": worst(video["added_ms"] for video in videos),
            "stages_ms": {stage: worst(video["stages_ms"].get(stage) for video in videos) for stage in stages},
        }


def worst(percentiles: Iterable[Mapping[str, float] | None]) -> dict[str, float]:
    """The largest value of each; empty where nothing was measured."""
    found = [each for each in percentiles if each]
    return {name: max(each[name] for each in found) for name in (found[0] if found else ())}
